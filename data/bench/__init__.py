"""How fast is the record, and how much memory does it take? Measured, never promised."""
