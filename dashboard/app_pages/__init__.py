"""The pages, one file each: read the choices, get the view, show it."""
