"""What a folder of pictures contains."""

import hashlib
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from datasets.pictures import SHOW_PROGRESS
from suite.protocol.image_files import (
    Head,
    below,
    has_transparent_pixels,
    head,
    image_files,
    others,
    read_image,
)
from suite.running.errors import InputError

LOOKED_AT = 32
"""Number of pictures to read completely, if reading all would take long."""
READABLE = 2**28
"""Up to this many bytes, all pictures are read completely: about half a minute."""
NAMED = 4
"""Number of kinds that a line names."""
MODES = {"1": "1 bit", "L": "grey", "P": "palette", "RGB": "colour", "CMYK": "CMYK"}
"""Pillow's modes in words. Modes with an A have transparency."""


@dataclass(frozen=True)
class Survey:
    """A folder of pictures.

    heads: file -> header of each readable picture.
    grey: whether all completely read pictures have equal channels.
    name: name in the configuration.
    transparent: number of pictures with transparent pixels.
    repeated: number of pictures with the same bytes as another.
    unusable: path below the folder -> why the picture cannot be read.
    subfolders: whether the pictures of all subfolders are included.
    elsewhere: subfolder -> number of its pictures, if they are not included.
    other: suffix -> number of other files.
    whole: number of completely read pictures.
    """

    path: Path
    heads: Mapping[Path, Head]
    grey: bool
    name: str = "some"
    transparent: int = 0
    repeated: int = 0
    unusable: dict[str, str] = field(default_factory=dict)
    subfolders: bool = False
    elsewhere: Counter[str] = field(default_factory=Counter)
    other: Counter[str] = field(default_factory=Counter)
    whole: int = 0

    @property
    def count(self) -> int:
        """Number of readable pictures."""
        return len(self.heads)

    @property
    def sizes(self) -> Counter[tuple[int, int]]:
        """(width, height) in upright position -> number of pictures."""
        return Counter(one.size for one in self.heads.values())

    @property
    def side(self) -> int:
        """The smallest edge of any picture [pixels]."""
        return min(min(size) for size in self.sizes)

    @property
    def square(self) -> bool:
        """Whether every picture is square."""
        return all(width == height for width, height in self.sizes)


def _is_grey(path: Path) -> bool:
    """Whether a picture has equal channels."""
    pixels = np.asarray(read_image(path))
    return pixels.ndim == 2 or not np.ptp(pixels, axis=2).any()


def _repeated(files: Sequence[Path]) -> int:
    """Number of files with the same bytes as an earlier one."""
    sizes = Counter(path.stat().st_size for path in files)
    alike = [path for path in files if sizes[path.stat().st_size] > 1]
    if sum(path.stat().st_size for path in alike) > READABLE:
        return 0
    return len(alike) - len({hashlib.sha256(path.read_bytes()).digest() for path in alike})


def survey(folder: Path, name: str = "some", subfolders: bool = False) -> Survey:
    """Read the headers of all pictures in a folder, and all or some of them completely.

    If the folder itself has no picture, those of its subfolders are used.

    Raises:
        InputError: the folder is missing, or none of its pictures can be read.
    """
    from tqdm import tqdm

    inside = below(folder) if folder.is_dir() else Counter()
    try:
        files = image_files(folder, subfolders)
    except InputError:
        if not inside:
            raise
        files, subfolders = image_files(folder, True), True
    small = sum(path.lstat().st_size for path in files) <= READABLE
    sample = set(files if small else files[:: max(1, len(files) // LOOKED_AT)][:LOOKED_AT])
    heads: dict[Path, Head] = {}
    grey, unusable, clear, whole = True, {}, 0, 0
    for path in tqdm(files, "look at pictures", disable=len(files) < SHOW_PROGRESS):
        try:
            heads[path] = head(path)
            if path in sample:
                grey &= _is_grey(path)
                clear += heads[path].clear and has_transparent_pixels(path)
                whole += 1
        except InputError as error:
            heads.pop(path, None)
            unusable[path.relative_to(folder).as_posix()] = str(error)
    if not heads:
        first = next(iter(unusable.values()))
        raise InputError(f"{folder}: none of its {len(files)} pictures can be read: {first}")
    return Survey(
        path=folder,
        heads=heads,
        grey=grey,
        name=name,
        transparent=clear,
        repeated=_repeated(list(heads)),
        unusable=unusable,
        subfolders=subfolders,
        elsewhere=Counter() if subfolders else inside,
        other=others(folder),
        whole=whole,
    )


def _mode(mode: str) -> str:
    plain = mode.partition(";")[0].rstrip("Aa") or mode
    return "grey" if plain == "I" else MODES.get(plain, plain)


def names_of(folders: Sequence[Path], given: Sequence[str] = ()) -> list[str]:
    """The names of folders in a configuration, which are valid file names on every system.

    given: one name for each folder, or none. By default a name has the letters and digits of the
        folder's name, and a number if another folder has the same.

    Raises:
        InputError: a folder is given twice, or there is not one different name for each folder.
    """
    real = [folder.resolve() for folder in folders]
    twice = next((f for i, f in enumerate(folders) if real[i] in real[:i]), None)
    if twice is not None:
        raise InputError(f"{twice}: is given twice: name each folder once")
    if given:
        bad = next((n for n in given if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", n)), None)
        if bad is not None:
            raise InputError(f"--name {bad}: use only letters a to z, digits and . _ -")
        if len(given) != len(folders) or len(set(given)) != len(given):
            raise InputError(
                f"--name: {len(given)} names for {len(folders)} folders: give each its own name"
            )
        return list(given)
    names: list[str] = []
    for folder in folders:
        first = name = name_of(folder)
        while name in names:
            name = f"{first}-{len(names) + 1}"
        names.append(name)
    return names


def name_of(folder: Path) -> str:
    """The last part of a path as letters a to z and digits; `images` if it has none."""
    plain = unicodedata.normalize("NFKD", folder.resolve().name.lower())
    letters = re.sub(r"[^a-z0-9]+", "-", re.sub(r"[\u0300-\u036f]", "", plain))
    return letters.strip("-") or "images"


def _counted(counts: Counter[str]) -> str:
    """A counter in words, the most frequent first; without a number if there is one kind."""
    if len(counts) == 1:
        return next(iter(counts)) or "without ending"
    shown = [f"{name or 'without ending'} {count:,}" for name, count in counts.most_common(NAMED)]
    return ", ".join(shown) + (", ..." if len(counts) > NAMED else "")


def size_text(found: Survey) -> str:
    """The sizes of pictures in words."""
    ordered = sorted(found.sizes, key=lambda size: (size[0] * size[1], size))
    (narrow, low), (wide, high) = ordered[0], ordered[-1]
    if len(ordered) == 1:
        return f"{narrow} x {low} pixels"
    return f"{len(ordered)} sizes, from {narrow} x {low} to {wide} x {high} pixels"


def lines_of(found: Survey, background: str) -> Iterator[tuple[str, str]]:
    """What was found and how it is handled: (label, words)."""
    heads, modes = found.heads.values(), Counter(_mode(one.mode) for one in found.heads.values())
    files = f"{found.count:,} ({_counted(Counter(path.suffix.lower() for path in found.heads))})"
    yield "pictures", files + (", from all subfolders" if found.subfolders else "")
    yield "sizes", size_text(found)
    grey = found.grey and not set(modes) <= {"grey", "1 bit"}
    yield "modes", _counted(modes) + ("; equal channels: grey" if grey else "")
    counts = {
        "transparent": (found.transparent, f"shown on {background} (--background)"),
        "16 bits": (sum(one.deep for one in heads), "reduced to their upper 8"),
        "animated": (sum(one.animated for one in heads), "read as their first frame"),
        "turned": (sum(one.turned for one in heads), "turned upright by their orientation tag"),
        "repeated": (
            found.repeated,
            "same bytes as another, and kept; delete them, so that no held-out picture is also a "
            "training picture",
        ),
        "unusable": (len(found.unusable), "left out (`leave_out`)"),
        "elsewhere": (
            found.elsewhere.total(),
            f"in subfolders ({_counted(found.elsewhere)}), left out; --subfolders includes them",
        ),
        "other files": (found.other.total(), f"left out ({_counted(found.other)})"),
    }
    for what, (count, words) in counts.items():
        if count:
            yield what, f"{count:,}: {words}"
        for sentence in list(found.unusable.values())[:5] if what == "unusable" else ():
            yield "", sentence
    inside = list(below(found.path)) if found.subfolders else []
    if len(inside) > 1:
        example = " ".join(str(found.path / name) for name in inside[:2])
        yield "", f"for one dataset per folder, name the folders: `init {example}`"
    if found.whole < found.count:
        yield "read", f"{found.whole} of {found.count:,} completely, of the others the header"


def told(found: Survey, background: str, decided: str) -> str:
    """A short table of a folder: what it contains, and how the configuration uses it."""
    lines = [*lines_of(found, background), ("taken as", decided)]
    text = "\n".join(f"  {what:<12}{words}" for what, words in lines)
    # File names need not be valid text. Invalid characters are shown as `?`.
    whole = f"{found.name}: {os.fspath(found.path)}\n{text}"
    return whole.encode(errors="replace").decode()
