"""What a folder of pictures holds, as far as a configuration and its reader must know it."""

import hashlib
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from datasets.pictures import SHOW_PROGRESS
from suite.protocol.image_files import (
    below,
    has_transparent_pixels,
    head,
    image_files,
    others,
    read_image,
)
from suite.running.errors import InputError

LOOKED_AT = 32
"""Pictures that are read whole where reading all would take long."""
READABLE = 2**28
"""Bytes of pictures that are all read whole: about half a minute."""
MODES = {"1": "1 bit", "L": "grey", "P": "palette", "RGB": "colour", "CMYK": "CMYK"}
"""Pillow's modes in words; one with `A` has transparency."""


@dataclass(frozen=True)
class Survey:
    """A folder of pictures.

    count: pictures that can be read. sizes: (height, width) -> how many have it, upright. grey:
        whether the pictures read whole have equal channels.
    name: what the configuration calls it. modes, endings: how many pictures have each.
    transparent, deep, animated, turned: pictures with transparent pixels, more than 8 bits, more
        than one frame, an orientation tag. repeated: pictures with the bytes of another.
    unusable: why a picture cannot be read, by its path below the folder.
    subfolders: whether those of all folders below count. elsewhere: pictures of folders below that
        do not. other: other files, by ending. whole: pictures that were read whole.
    """

    path: Path
    count: int
    sizes: Counter[tuple[int, int]]
    grey: bool
    name: str = "some"
    modes: Counter[str] = field(default_factory=Counter)
    endings: Counter[str] = field(default_factory=Counter)
    transparent: int = 0
    deep: int = 0
    animated: int = 0
    turned: int = 0
    repeated: int = 0
    unusable: dict[str, str] = field(default_factory=dict)
    subfolders: bool = False
    elsewhere: Counter[str] = field(default_factory=Counter)
    other: Counter[str] = field(default_factory=Counter)
    whole: int = 0

    @property
    def side(self) -> int:
        """The smallest edge of any picture [pixels]."""
        return min(min(size) for size in self.sizes)

    @property
    def square(self) -> bool:
        """Whether every picture is square."""
        return all(height == width for height, width in self.sizes)


def _is_grey(path: Path) -> bool:
    """Whether a picture has equal channels; reads it whole."""
    pixels = np.asarray(read_image(path))
    return pixels.ndim == 2 or not np.ptp(pixels, axis=2).any()


def _repeated(files: Sequence[Path]) -> int:
    """How many files hold the bytes of an earlier one."""
    sizes = Counter(path.stat().st_size for path in files)
    alike = [path for path in files if sizes[path.stat().st_size] > 1]
    if sum(path.stat().st_size for path in alike) > READABLE:
        return 0
    return len(alike) - len({hashlib.sha256(path.read_bytes()).digest() for path in alike})


def survey(folder: Path, name: str = "some", subfolders: bool = False) -> Survey:
    """Look through a folder: the head of every picture, and all or some of them whole.

    Where no picture lies in the folder itself, those of the folders below it count.

    Raises:
        InputError: the folder is missing, or no picture in it can be read.
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
    heads, grey, unusable, clear, whole = {}, True, {}, 0, 0
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
        raise InputError(f"{folder}: none of its {len(files)} pictures can be read; {first}")
    found = list(heads.values())
    return Survey(
        path=folder,
        count=len(found),
        sizes=Counter(one.size[::-1] for one in found),
        grey=grey,
        name=name,
        modes=Counter(_mode(one.mode) for one in found),
        endings=Counter(path.suffix.lower() for path in heads),
        transparent=clear,
        deep=sum(one.deep for one in found),
        animated=sum(one.animated for one in found),
        turned=sum(one.turned for one in found),
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
    """What a configuration calls folders: names that files can have on every system.

    given: a name a folder, or none at all; then their own, by their letters from a to z, with a
    number where another has it, or `images`.

    Raises:
        InputError: a folder stands twice, or the names are not one a folder, each once.
    """
    real = [folder.resolve() for folder in folders]
    twice = next((f for i, f in enumerate(folders) if real[i] in real[:i]), None)
    if twice is not None:
        raise InputError(f"{twice}: stands twice: name each folder once")
    if given:
        bad = next((n for n in given if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", n)), None)
        if bad is not None:
            raise InputError(f"--name {bad}: take letters from a to z, digits and any of . _ -")
        if len(given) != len(folders) or len(set(given)) != len(given):
            raise InputError(
                f"--name: {len(given)} names for {len(folders)} folders: give each one of its own"
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
    """The last part of a path in letters from a to z and digits, or `images`."""
    plain = unicodedata.normalize("NFKD", folder.resolve().name.lower())
    letters = re.sub(r"[^a-z0-9]+", "-", re.sub(r"[\u0300-\u036f]", "", plain))
    return letters.strip("-") or "images"


def _counted(counts: Counter[str], most: int = 4) -> str:
    """A counter in words, the most frequent first; without a number where there is one kind."""
    if len(counts) == 1:
        return next(iter(counts)) or "without ending"
    shown = [f"{name or 'without ending'} {count:,}" for name, count in counts.most_common(most)]
    return ", ".join(shown) + (", ..." if len(counts) > most else "")


def size_text(found: Survey) -> str:
    """The sizes of pictures in words."""
    ordered = sorted(found.sizes, key=lambda size: (size[0] * size[1], size))
    (low, narrow), (high, wide) = ordered[0], ordered[-1]
    if len(ordered) == 1:
        return f"{narrow} x {low} pixels"
    return f"{len(ordered)} sizes, from {narrow} x {low} to {wide} x {high} pixels"


def lines_of(found: Survey, background: str) -> Iterator[tuple[str, str]]:
    """What was found and what is done about it, as (what, in words)."""
    files = f"{found.count:,} ({_counted(found.endings)})"
    yield "pictures", files + (", from all folders below" if found.subfolders else "")
    yield "sizes", size_text(found)
    grey = found.grey and not set(found.modes) <= {"grey", "1 bit"}
    yield "modes", _counted(found.modes) + ("; equal channels: grey" if grey else "")
    counts = {
        "transparent": (found.transparent, f"{background} shows through (--background)"),
        "16 bits": (found.deep, "the upper 8 are kept"),
        "animated": (found.animated, "the first picture of each is taken"),
        "turned": (found.turned, "set upright by their orientation tag"),
        "repeated": (
            found.repeated,
            "the same bytes as another, kept; delete them, lest one is held out of training and "
            "the other not",
        ),
        "unusable": (len(found.unusable), "left out (`leave_out`)"),
        "elsewhere": (
            found.elsewhere.total(),
            f"in folders below ({_names(found.elsewhere)}), left out; --subfolders takes them too",
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
        yield "", f"a dataset a folder instead: name the folders, as in `init {example}`"
    if found.whole < found.count:
        yield "read whole", f"{found.whole} of {found.count:,}: jobs will tell of the others"


def _names(counts: Counter[str], most: int = 5) -> str:
    return ", ".join(list(counts)[:most]) + (", ..." if len(counts) > most else "")


def told(found: Survey, background: str, decided: str) -> str:
    """A short table of a folder: what was found, then what the configuration does with it."""
    lines = [*lines_of(found, background), ("taken as", decided)]
    text = "\n".join(f"  {what:<12}{words}" for what, words in lines)
    # Names of files need not be text: what no encoding has is shown as `?`.
    whole = f"{found.name}: {os.fspath(found.path)}\n{text}"
    return whole.encode(errors="replace").decode()
