"""Make the two folders of colour pictures of this example.

    npm pack emoji-datasource-google@16.0.0 && tar xzf emoji-datasource-google-16.0.0.tgz
    apt-get download tuxpaint-stamps-default && dpkg-deb -x tuxpaint-stamps-default_*.deb stamps
    python results/reference/your-images/colour.py package stamps/usr/share/tuxpaint/stamps OUT

OUT/faces gets 110 faces of Google's Noto emoji, 32 x 32, cut from the sheet of the npm package
(images: Apache License 2.0). OUT/garden gets 86 photographs of fruit, vegetables, nuts, flowers and
trees of Tux Paint's stamps, each in the middle of a square and scaled to 64 x 64 (GPL, version 2 or
later). All are transparent around what they show.
"""

import json
import sys
from pathlib import Path

from PIL import Image

FACE, STAMP = 32, 64
"""Sides [pixels]."""
NO_PHOTOGRAPHS = {"cartoon", "plastic", "pizza.png"}
"""Folders, and files, of the stamps that are drawn or made of plastic."""


def faces(package: Path, folder: Path) -> None:
    """Cut the faces out of the sheet. Each has an edge of one pixel."""
    sheet = Image.open(package / "img/google/sheets/32.png").convert("RGBA")
    for emoji in json.loads((package / "emoji.json").read_text(encoding="utf-8")):
        kind = emoji["subcategory"]
        if emoji["has_img_google"] and kind.startswith("face-") and kind != "face-costume":
            left, top = (emoji[key] * (FACE + 2) + 1 for key in ("sheet_x", "sheet_y"))
            face = sheet.crop((left, top, left + FACE, top + FACE))
            face.save(folder / f"{emoji['short_name']}.png")


def garden(stamps: Path, folder: Path) -> None:
    """Scale the photographs, each cut to what is not transparent and set into a square."""
    for path in sorted((*(stamps / "food").rglob("*.png"), *(stamps / "plants").rglob("*.png"))):
        if NO_PHOTOGRAPHS.isdisjoint(path.parts):
            image = Image.open(path).convert("RGBA")
            image = image.crop(image.getchannel("A").getbbox())
            side = max(image.size)
            square = Image.new("RGBA", (side, side), (255, 255, 255, 0))
            square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
            square.resize((STAMP, STAMP), Image.Resampling.LANCZOS).save(folder / path.name)


package, stamps, out = map(Path, sys.argv[1:])
for name in ("faces", "garden"):
    (out / name).mkdir(parents=True)
faces(package, out / "faces")
garden(stamps, out / "garden")
