"""The course that scores take after intake, its limits, and who is beyond them."""
