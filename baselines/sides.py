"""The rows that the methods of this room take."""

from suite.running.errors import InputError

SIDES = (16, 28, 32, 64, 128, 256)


def check_square(shape: tuple[int, ...]) -> None:
    """Refuse rows [H, W, C] that no network of this room takes.

    Raises:
        InputError: no square, or a side that is not in `SIDES`.

    >>> check_square((28, 28, 1))
    >>> check_square((30, 30, 1))
    Traceback (most recent call last):
    suite.running.errors.InputError: images of 30 x 30: the networks take squares with ...
    """
    height, width, _ = shape
    if height != width or height not in SIDES:
        raise InputError(
            f"images of {height} x {width}: the networks take squares with a side of "
            f"{', '.join(map(str, SIDES))}: set `size` of the dataset to one of them"
        )
