"""The user's own images: a folder of image files."""

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from datasets.pictures import Shaping, check_heads, every, reader
from suite.protocol.image_files import image_files
from suite.protocol.settings import Settings
from suite.protocol.source import Rows, Source, Split
from suite.running.errors import InputError


class FolderSettings(Settings):
    """Which folder, and what shape its images are brought to."""

    path: Path | None = Field(None, description="folder of image files; must be given")
    heldout_path: Path | None = Field(
        None, description="folder of held-out images; default: every tenth image of `path`"
    )
    size: int | None = Field(
        None,
        ge=4,
        le=1024,
        description="height and width to resize to [pixels]; default: as the files, all alike",
    )
    channels: Literal[1, 3] = Field(3, description="1 for grey, 3 for RGB")
    crop: bool = Field(False, description="cut out the largest centred square first")


def open_folder(settings: FolderSettings, split: Split) -> Rows:
    """Rows by file name; held out is a folder of its own, or every tenth image."""
    if settings.path is None:
        raise InputError("dataset 'folder' needs a path: set path to a folder of images")
    if settings.heldout_path is None:
        files = every(image_files(settings.path), 10, split == "heldout")
    else:
        files = image_files(settings.path if split == "train" else settings.heldout_path)
    if not files:
        raise InputError(
            f"{settings.path}: fewer than 10 images leave none to hold out: set heldout_path"
        )
    size = None if settings.size is None else (settings.size, settings.size)
    shaping = Shaping(size, settings.channels, "square" if settings.crop else None)
    check_heads(files, shaping)
    return Rows(np.full(len(files), -1), reader(files, shaping))


def files(settings: FolderSettings) -> list[Path]:
    """The image files of both folders."""
    return [f for path in (settings.path, settings.heldout_path) if path for f in image_files(path)]


FOLDER = Source("folder", "own images", FolderSettings, open_folder, files=files)
