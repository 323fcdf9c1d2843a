"""Durations as text, for every command that says how long something takes."""


def duration(seconds: float) -> str:
    """A duration for reading.

    >>> duration(75), duration(4000), duration(20_000), duration(400_000)
    ('75 s', '67 min', '5.6 h', '4.6 days')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.1f} days"
