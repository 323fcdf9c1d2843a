"""Named random streams: the same name and seeds always give the same numbers."""

import zlib

import numpy as np


def stream(purpose: str, *seeds: int) -> np.random.Generator:
    """A NumPy generator (PCG64) for a named purpose.

    Streams of different purposes are independent even with equal seeds. A purpose always has the
    same number of seeds, since (0,) and (0, 0) are the same stream. NumPy keeps the numbers of
    PCG64 stable between versions. JAX (changed in 0.5) and PyTorch do not promise this for their
    generators, so both get their seeds or random numbers from here.

    >>> stream("example", 0).integers(100, size=4)
    array([87, 80, 36, 77])
    """
    return np.random.Generator(np.random.PCG64([zlib.crc32(purpose.encode()), *seeds]))


def integer_seed(purpose: str, *seeds: int) -> int:
    """A 63-bit seed for another generator, from the stream of `purpose`.

    >>> integer_seed("example", 0)
    7428681030960858239
    """
    return int(stream(purpose, *seeds).integers(2**63 - 1))
