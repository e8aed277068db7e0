"""The commands of ``milepost``, one module a kind of work."""
