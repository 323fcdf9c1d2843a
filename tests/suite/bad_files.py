"""Good and bad files and configurations for the cases of bad_inputs.py."""

from pathlib import Path

import numpy as np
import yaml
from PIL import Image

from suite.protocol.artefacts import Subset
from suite.running.digests import digest_file
from suite.running.files import write_json

CONFIG = {
    "name": "made",
    "datasets": {"mnist": {}},
    "experiments": {
        "table1": {"datasets": {"mnist": {"n": [64]}}, "methods": {"dcgan": {}, "ga-cntk": {}}}
    },
}
OWN = {
    "name": "own",
    "device": "cpu",
    "samples": 16,
    "metrics": ["fid_train"],
    "datasets": {"mine": {"kind": "folder", "source": {"path": "pictures"}}},
    "experiments": {
        "own": {"datasets": {"mine": {"n": [8]}}, "methods": {"dcgan": {}, "ga-cntk": {}}}
    },
}
"""The configuration that the cases change, with 20 pictures of 16 x 16."""


def noise(*shape: int) -> np.ndarray:
    """Random bytes, the same at every call."""
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def save_subset(path: Path, rows: np.ndarray, /, **changes: np.ndarray) -> None:
    """Write a subset with some of its arrays replaced."""
    n = len(rows)
    Subset(rows, np.full(n, -1), np.arange(n), "mnist", "train", 0).save(path)
    if changes:
        with np.load(path) as archive:
            arrays = dict(archive) | changes
        np.savez(path, **arrays)
        digest_file(path).unlink()  # like a file that the user made


def save_pictures(folder: Path, count: int, *shape: int) -> None:
    """Write pictures 00.png, 01.png, ..., all different."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, picture in enumerate(noise(count, *shape)):
        Image.fromarray(picture).save(folder / f"{i:02}.png")


def fill(place: Path) -> None:
    """Write good and bad files. The cases name them by their paths in this folder."""
    images = noise(8, 28, 28, 1)
    good = place / "good.npz"
    save_subset(good, images)
    (place / "truncated.npz").write_bytes(good.read_bytes()[:-300])
    (place / "text.npz").write_text("no archive")
    np.save(place / "array.npy", images)
    save_subset(place / "float.npz", images, data=images / 255)
    save_subset(place / "flat.npz", images, data=images[..., 0])
    save_subset(place / "empty.npz", images, data=images[:0])
    save_subset(place / "changed.npz", images, data=255 - images)
    save_subset(place / "pickled.npz", images, data=np.array([{}], dtype=object))
    points = np.zeros((8, 2), np.float32)
    save_subset(place / "nan.npz", points, data=np.where(points == 0, np.float32("nan"), points))
    np.savez(place / "two.npz", a=images, b=images)
    (place / "empty").mkdir()
    (place / "a_file").write_text("in the way")
    save_pictures(place / "small", 2, 8, 8)
    save_pictures(place / "large", 2, 9, 9)
    save_pictures(place / "mixed", 12, 8, 8)
    Image.fromarray(noise(8, 9)).save(place / "mixed" / "01.png")
    save_pictures(place / "pictures", 20, 16, 16, 3)
    save_pictures(place / "few", 9, 16, 16, 3)
    save_pictures(place / "tiny", 12, 3, 3, 3)
    save_pictures(place / "single", 1, 16, 16, 3)
    save_pictures(place / "grey", 12, 16, 16)
    save_pictures(place / "wide", 12, 16, 20, 3)
    for name in ("cut", "deep", "bomb", "text", "texts"):
        save_pictures(place / name, 12, 16, 16, 3)
    whole = (place / "cut" / "05.png").read_bytes()
    (place / "cut" / "05.png").write_bytes(whole[: len(whole) // 2])
    Image.fromarray(noise(8, 8).astype(np.float32)).save(place / "deep" / "05.tif")
    save_pictures(place / "kinds" / "cats", 20, 16, 16, 3)
    save_pictures(place / "kinds" / "dogs", 20, 16, 16, 3)
    (place / "other").mkdir()
    (place / "other" / "01.heic").write_text("no image that can be read")
    for folder in ("links", "zeros", "named"):
        (place / folder).mkdir()
    for name in (f"{i:02}.png" for i in range(12)):
        (place / "links" / name).symlink_to("nowhere.png")
        (place / "zeros" / name).touch()
        (place / "named" / name).mkdir()
    (place / "same").symlink_to("pictures")
    (place / "pictures.zip").write_bytes(b"PK\5\6" + bytes(18))
    for picture in (place / "texts").iterdir():
        picture.write_text("no image")
    (place / "idx").mkdir()
    for part in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (place / "idx" / f"{part}-ubyte").write_bytes(b"\0\0\x08\3\0\0")
    (place / "bomb" / "05.pgm").write_bytes(b"P5 20000 20000 255\n")
    (place / "text" / "05.png").write_text("no image")
    written = {
        "broken": "name: [",
        "list": "- name",
        "twice": "name: a\nname: b\n",
        "octal": "name: a\nn: [032]\n",
        "sixty": "updates: 1:30\n",
        "underscore": "name: 2024_01\n",
        "date": "name: 2024-01-31\n",
    }
    for name, text in written.items():
        (place / f"{name}.yaml").write_text(text)
    (place / "good.yaml").write_text(yaml.safe_dump(CONFIG))
    (place / "key.yaml").write_text(yaml.safe_dump(CONFIG | {"sampels": 3}))
    cell = place / "damaged" / "runs" / "table1" / "mnist" / "n64" / "dcgan" / "data0" / "seed0"
    write_json(cell / "metrics.json", {"status": "ok", "samples": 8, "metrics": {"x": {}}})
    write_json(place / "run" / "run.json", {"method": "ga-cntk", "settings": {}})


def fill_odd(folder: Path) -> None:
    """Write pictures of all kinds that users have, for `init`."""
    save_pictures(folder, 40, 32, 32, 3)
    for i, picture in enumerate(noise(3, 32, 32, 4)):
        Image.fromarray(picture).save(folder / f"{i:02}.png")
    Image.fromarray(noise(32, 32).astype(np.uint16) * 257).save(folder / "03.png")
    colour = Image.open(folder / "20.png")
    colour.convert("1").save(folder / "04.png")
    colour.convert("CMYK").save(folder / "05.jpg")
    frames = [Image.open(folder / f"{i}.png").convert("P") for i in (21, 22)]
    frames[0].save(folder / "06.gif", save_all=True, append_images=frames[1:])
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(noise(24, 40, 3)).save(folder / "07.jpg", exif=exif)
    (folder / "08.png").write_bytes((folder / "09.png").read_bytes())
    (folder / "10.png").write_bytes((folder / "11.png").read_bytes()[:900])
    (folder / "12.png").write_text("no picture")
    (folder / "13.heic").write_text("another kind")
    save_pictures(folder / "more", 5, 32, 32, 3)
