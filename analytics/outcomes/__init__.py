"""What each rule profile calls a good outcome, case by case and counted."""
