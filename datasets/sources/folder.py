"""The user's own images: a folder of image files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from datasets.pictures import Shaping, check_heads, every, rows_of
from suite.protocol.image_files import Background, image_files
from suite.protocol.settings import Settings
from suite.protocol.source import Rows, Source, Split
from suite.running.errors import InputError


class FolderSettings(Settings):
    """The folder, and the shape of its images."""

    path: Path | None = None
    """folder of image files; required"""
    subfolders: bool = False
    """include the images of all subfolders, in the order of their paths"""
    leave_out: tuple[str, ...] = ()
    """files to leave out, by their paths below `path`"""
    heldout_path: Path | None = None
    """folder of held-out images; default: every tenth image of `path`"""
    size: int | None = Field(None, ge=4, le=1024)
    """height and width after resizing; default: as the files, all equal [pixels]"""
    channels: Literal[1, 3] = 3
    """1 for grey, 3 for RGB"""
    crop: bool = False
    """cut out the largest centred square first"""
    background: Background = "white"
    """colour behind transparent pixels: white, grey, black or '#rrggbb'"""


def chosen(path: Path, subfolders: bool, leave_out: Sequence[str]) -> list[Path]:
    """The image files of a folder, without those in `leave_out`.

    Raises:
        InputError: no file is left, or a name in `leave_out` is not a file of the folder.
    """
    files = {file.relative_to(path).as_posix(): file for file in image_files(path, subfolders)}
    absent = next((name for name in leave_out if name not in files), None)
    if absent is not None:
        raise InputError(f"{path}: leave_out: has no image '{absent}': remove it from the list")
    left = [file for name, file in files.items() if name not in set(leave_out)]
    if not left:
        raise InputError(f"{path}: leave_out: names all {len(files)} images: keep some")
    return left


def _split_files(settings: FolderSettings, split: Split) -> list[Path]:
    if settings.path is None:
        raise InputError("dataset 'folder' needs a path: set `path` to a folder of images")
    own = chosen(settings.path, settings.subfolders, settings.leave_out)
    if settings.heldout_path is None:
        files = every(own, 10, split == "heldout")
        if not files:
            raise InputError(
                f"{settings.path}: with fewer than 10 images none is held out: set heldout_path"
            )
        return files
    _check_apart(settings.path, settings.heldout_path, settings.subfolders)
    return own if split == "train" else image_files(settings.heldout_path, settings.subfolders)


def _check_apart(path: Path, heldout: Path, subfolders: bool) -> None:
    """Refuse a folder of held-out images that is the folder of training images, or overlaps it."""
    real, other = path.resolve(), heldout.resolve()
    inside = real in other.parents or other in real.parents
    if real == other or (subfolders and inside):
        raise InputError(
            f"heldout_path: {heldout}: {'is' if real == other else 'overlaps'} the folder of "
            f"training images, {path}: leave it out to hold out every tenth image, or move the "
            "held-out images to a folder beside it"
        )


def open_folder(settings: FolderSettings, split: Split) -> Rows:
    """Rows by file name. Held out are the images of `heldout_path`, or every tenth image."""
    files = _split_files(settings, split)
    crop: Literal["square"] | None = "square" if settings.crop else None
    shaping = Shaping(settings.size, settings.channels, crop, settings.background)
    check_heads(files, shaping)
    return rows_of(files, shaping)


def files(settings: FolderSettings) -> list[Path]:
    """The image files of both folders."""
    if settings.path is None:
        return []
    own = chosen(settings.path, settings.subfolders, settings.leave_out)
    held = settings.heldout_path
    return own if held is None else own + image_files(held, settings.subfolders)


FOLDER = Source("folder", "own images", FolderSettings, open_folder, files=files)
