"""Image files: every room finds and reads the same ones."""

import numpy as np
import pytest
from PIL import Image

from metrics.inputs import read_rows
from suite.protocol.image_files import head, image_files, read_image
from suite.running.errors import InputError
from tests.datasets.drawn import rows

COLOUR = Image.fromarray(np.random.default_rng(0).integers(0, 256, (9, 8, 3), dtype=np.uint8))


def _save(path, image, turned=False):
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(path, **({"exif": exif} if turned else {}))
    return path


def _palette():
    image = Image.fromarray(np.arange(72, dtype=np.uint8).reshape(9, 8), mode="P")
    image.putpalette([i // 3 for i in range(3 * 72)])
    image.info["transparency"] = 5
    return image


def _raw(path, head, body):
    path.write_bytes(head + body)
    return path


def _animated(path):
    COLOUR.convert("P").save(path, save_all=True, append_images=[Image.new("P", (8, 9))])
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
    "clear": lambda p: _save(p / "a.png", Image.new("RGBA", (8, 9), (9, 8, 7, 60))),
    "clear grey": lambda p: _save(p / "a.png", Image.new("LA", (8, 9), (9, 60))),
    "clear palette": lambda p: _save(p / "a.gif", _palette()),
    "16 bits": lambda p: _save(p / "a.png", Image.fromarray(np.full((9, 8), 40_000, np.uint16))),
    "ppm of 16 bits": lambda p: _raw(p / "a.ppm", b"P6 8 9 65535\n", bytes(6 * 72)),
    "animated": lambda p: _animated(p / "a.gif"),
}


@pytest.mark.parametrize("case", GOOD)
def test_rooms_read_a_picture_alike(tmp_path, case):
    image = read_image(GOOD[case](tmp_path))
    channels = {"L": 1, "RGB": 3}[image.mode]
    shape = (8, 9, 3) if case == "turned" else (9, 8, channels)
    expected = np.asarray(image).reshape(1, *shape)
    assert np.array_equal(read_rows(tmp_path), expected)
    assert np.array_equal(rows("folder", path=tmp_path, channels=channels).data, expected)
    assert (channels == 1) == (case in ("grey", "pgm", "bits", "clear grey", "16 bits"))


def test_what_a_head_tells(tmp_path):
    told = {case: head(make(_folder(tmp_path / case))) for case, make in GOOD.items()}
    assert told["turned"].size == (9, 8) and told["png"].size == (8, 9)
    for what, cases in {
        "turned": {"turned"},
        "animated": {"animated"},
        "deep": {"16 bits", "ppm of 16 bits"},
        "clear": {"opaque", "clear", "clear grey", "clear palette"},
    }.items():
        assert {case for case, one in told.items() if getattr(one, what)} == cases


def _folder(path):
    path.mkdir()
    return path


def test_a_transparent_entry_of_a_palette_shows_the_background(tmp_path):
    pixels = np.asarray(read_image(GOOD["clear palette"](tmp_path), "#102030")).reshape(72, 3)
    assert pixels[5].tolist() == [16, 32, 48] and pixels[[4, 6]].tolist() == [[4] * 3, [6] * 3]


def test_pixels_are_what_the_file_holds(tmp_path):
    for case in ("png", "ppm", "opaque"):
        assert np.array_equal(np.asarray(read_image(GOOD[case](tmp_path))), np.asarray(COLOUR))
    cmyk = np.asarray(read_image(GOOD["cmyk tif"](tmp_path)))
    assert np.abs(cmyk.astype(int) - np.asarray(COLOUR)).max() <= 2


def _bomb(folder):
    (folder / "a.pgm").write_bytes(b"P5 20000 20000 255\n")


def _cut(folder):
    whole = GOOD["png"](folder).read_bytes()
    (folder / "a.png").write_bytes(whole[: len(whole) // 2])


BAD = {
    "floats": (
        lambda p: Image.fromarray(np.zeros((4, 4), np.float32)).save(p / "a.tif"),
        "32-bit pixels",
    ),
    "integers": (
        lambda p: Image.fromarray(np.zeros((4, 4), np.int32)).save(p / "a.tif"),
        "32-bit pixels",
    ),
    "bomb": (_bomb, "has more than 178,956,970 pixels: make it smaller"),
    "cut": (_cut, "damaged or not an image"),
    "text": (lambda p: (p / "a.gif").write_text("no image"), "damaged or not an image"),
    "empty file": (lambda p: (p / "a.ppm").write_text(""), "damaged or not an image"),
    "dead link": (lambda p: (p / "a.png").symlink_to(p / "absent.png"), "no such file"),
    "hidden alone": (lambda p: GOOD["png"](p).rename(p / ".a.png"), "contains no image"),
    "folder alone": (lambda p: (p / "a.png").mkdir(), "contains no image"),
    "subfolder alone": (lambda p: GOOD["png"](_folder(p / "b")), "its 1 images are in subfolders"),
    "other kinds": (lambda p: (p / "a.heic").write_text("x"), "but 1 .heic: convert or rename"),
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
