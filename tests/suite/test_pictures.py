"""Image files: every room finds the same ones and reads them alike."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from metrics.inputs import read_rows
from suite.protocol.image_files import image_files, read_image
from suite.running.errors import InputError
from tests.datasets.drawn import rows

COLOUR = Image.fromarray(np.random.default_rng(0).integers(0, 256, (9, 8, 3), dtype=np.uint8))


def _save(path, image, turned=False):
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(path, **({"exif": exif} if turned else {}))
    return path


GOOD = {
    "png": lambda p: _save(p / "a.png", COLOUR),
    "grey": lambda p: _save(p / "a.png", COLOUR.convert("L")),
    "turned": lambda p: _save(p / "a.jpg", COLOUR, turned=True),
    "cmyk jpg": lambda p: _save(p / "a.jpg", COLOUR.convert("CMYK")),
    "cmyk tif": lambda p: _save(p / "a.tif", COLOUR.convert("CMYK")),
    "palette": lambda p: _save(p / "a.png", COLOUR.convert("P")),
    "gif": lambda p: _save(p / "a.gif", COLOUR.convert("P")),
    "ppm": lambda p: _save(p / "a.ppm", COLOUR),
    "pgm": lambda p: _save(p / "a.PGM", COLOUR.convert("L")),
    "bits": lambda p: _save(p / "a.png", COLOUR.convert("1")),
    "opaque": lambda p: _save(p / "a.png", COLOUR.convert("RGBA")),
}


@pytest.mark.parametrize("case", GOOD)
def test_rooms_read_a_picture_alike(tmp_path, case):
    image = read_image(GOOD[case](tmp_path))
    channels = {"L": 1, "RGB": 3}[image.mode]
    shape = (8, 9, 3) if case == "turned" else (9, 8, channels)
    expected = np.asarray(image).reshape(1, *shape)
    assert np.array_equal(read_rows(tmp_path), expected)
    assert np.array_equal(rows("folder", path=tmp_path, channels=channels).data, expected)
    assert (channels == 1) == (case in ("grey", "pgm", "bits"))


def test_pixels_are_what_the_file_holds(tmp_path):
    for case in ("png", "ppm", "opaque"):
        assert np.array_equal(np.asarray(read_image(GOOD[case](tmp_path))), np.asarray(COLOUR))
    cmyk = np.asarray(read_image(GOOD["cmyk tif"](tmp_path)))
    assert np.abs(cmyk.astype(int) - np.asarray(COLOUR)).max() <= 2


def _png(path, depth, kind, body):
    def chunk(name, data):
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    head = struct.pack(">IIBBBBB", 2, 2, depth, kind, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + body for _ in range(2)))
    chunks = chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)


def _bomb(folder):
    (folder / "a.pgm").write_bytes(b"P5 20000 20000 255\n")


def _cut(folder):
    whole = GOOD["png"](folder).read_bytes()
    (folder / "a.png").write_bytes(whole[: len(whole) // 2])


BAD = {
    "grey of 16 bits": (lambda p: _png(p / "a.png", 16, 0, bytes(4)), "more than 8 bits"),
    "colour of 16 bits": (lambda p: _png(p / "a.png", 16, 2, bytes(12)), "more than 8 bits"),
    "ppm of 16 bits": (
        lambda p: (p / "a.ppm").write_bytes(b"P6 2 2 65535\n" + bytes(24)),
        "more than 8 bits",
    ),
    "floats": (
        lambda p: Image.fromarray(np.zeros((4, 4), np.float32)).save(p / "a.tif"),
        "more than 8 bits",
    ),
    "transparent": (lambda p: Image.new("LA", (4, 4), (9, 8)).save(p / "a.png"), "transparent"),
    "bomb": (_bomb, "has more than 178,956,970 pixels: make it smaller"),
    "cut": (_cut, "damaged or no image"),
    "text": (lambda p: (p / "a.gif").write_text("no image"), "damaged or no image"),
    "empty file": (lambda p: (p / "a.ppm").write_text(""), "damaged or no image"),
    "dead link": (lambda p: (p / "a.png").symlink_to(p / "absent.png"), "no such file"),
    "hidden alone": (lambda p: GOOD["png"](p).rename(p / ".a.png"), "holds no image"),
    "folder alone": (lambda p: (p / "a.png").mkdir(), "holds no image"),
}


@pytest.mark.parametrize("case", BAD)
def test_rooms_refuse_a_picture_alike(tmp_path, case):
    make, message = BAD[case]
    make(tmp_path)
    for read in (read_rows, lambda p: rows("folder", path=p, size=4)):
        with pytest.raises(InputError, match=message) as caught:
            read(tmp_path)
        assert "\n" not in str(caught.value)


def test_an_unreadable_picture_is_named(tmp_path, monkeypatch):
    path = GOOD["png"](tmp_path)

    def refuse(name):
        raise PermissionError(13, "Permission denied", str(name))

    monkeypatch.setattr(Image, "open", refuse)
    with pytest.raises(InputError, match=r"a\.png: permission denied"):
        read_image(path)


def test_hidden_files_and_others_are_left_out(tmp_path):
    for name in ("b.png", ".c.png", "._d.png"):
        COLOUR.save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no image")
    (tmp_path / "a.png").mkdir()
    assert [file.name for file in image_files(tmp_path)] == ["b.png"]
