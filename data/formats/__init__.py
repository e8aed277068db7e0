"""File formats, one module each: bytes in, records of text out; nothing is interpreted here."""
