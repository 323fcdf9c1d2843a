"""The IDX format of the original MNIST files."""

import gzip
import struct
from pathlib import Path

import numpy as np

from suite.errors import InputError, from_os


def read_idx(path: Path) -> np.ndarray:
    """A uint8 array from an IDX file, plain or gzipped; InputError if it is damaged."""
    try:
        content = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
    except gzip.BadGzipFile as error:
        raise InputError(f"{path}: not a gzip file: download it again") from error
    except EOFError as error:
        raise InputError(f"{path}: the gzip file is cut off: download it again") from error
    except OSError as error:
        raise from_os(error) from error
    if len(content) < 4 or content[:3] != b"\0\0\x08":
        raise InputError(f"{path}: not an IDX file of bytes: download it again")
    rank = content[3]
    shape = struct.unpack(f">{rank}I", content[4 : 4 + 4 * rank])
    body = content[4 + 4 * rank :]
    if len(body) != int(np.prod(shape)):
        raise InputError(
            f"{path}: {len(body)} bytes of data where {int(np.prod(shape))} belong: the file is "
            "cut off or damaged, download it again"
        )
    return np.frombuffer(body, np.uint8).reshape(shape)
