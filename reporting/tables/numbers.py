"""Numbers of a table as text."""

import math

from reporting.tables.cells import Row

ROUNDING = 1e-10
"""What lies below is taken for 0: distances of equal sets are off by as much."""
LONGEST = 6
"""Digits after the point beyond which powers of ten are shorter."""


def decimals(value: float) -> int:
    """Digits after the decimal point: none for large values and counts."""
    size = abs(value)
    if ROUNDING < size < 0.01:
        return 2 - math.floor(math.log10(size))
    if size >= 1000 or (size >= 100 and size % 1 == 0):
        return 0
    return 1 if size >= 100 else 2 if size >= 1 else 3


def number(value: float, digits: int | None = None) -> str:
    """A value as text: about four significant digits, with a comma between thousands.

    >>> number(1234.6), number(873.0), number(150.26), number(31.104), number(0.4432)
    ('1,235', '873', '150.3', '31.10', '0.443')
    >>> number(0.004967), number(6.83e-9), number(2e-13)
    ('0.00497', '6.83e-09', '0.000')
    """
    digits = decimals(value) if digits is None else digits
    return f"{value:.2e}" if digits > LONGEST else f"{value:,.{digits}f}"


def signed(value: float, digits: int) -> str:
    """A difference as text, with its sign.

    >>> signed(-0.39712, 3), signed(149.52, 1)
    ('−0.397', '+149.5')
    """
    return ("−" if value < 0 else "+") + number(abs(value), digits)


def counted(row: Row) -> str:
    """How many of the planned runs a mean has, if not all are ok; else ""."""
    return f"{row.seeds} of {row.planned} runs, rest {row.status}"


def ours(row: Row) -> str:
    """Our mean ± std, with * if few rows were judged, and the count of runs if not all are ok."""
    if row.mean is None:
        return row.status if row.status != "missing" else "–"
    digits = decimals(row.mean)
    text = number(row.mean, digits)
    if row.std is not None:
        text += f" ± {number(row.std, digits)}"
    if row.few is not None:
        text += "*"
    return text if row.status == "ok" else f"{text} [{counted(row)}]"
