"""Numbers only: formulas over arrays.

This package needs the standard library, NumPy and SciPy. It opens no file, knows no
clock and no table: dates arrive as numbers of weeks, and "today" is an argument.
"""
