"""A picture of samples beside the training images that they copy, with the changes in words."""

from pathlib import Path

import numpy as np

from metrics.changes import CHANGES, reduced, shared
from metrics.definitions.copies import Judged
from suite.running.files import replacing

SHOWN = 24
"""Pairs of a picture, at most."""
_COLUMNS, _EDGE, _GAP, _LINE = 4, 96, 8, 13
_LEAST_GAIN, _LEAST_STEP = 0.12, 0.03


def clearest(judged: Judged, count: int = SHOWN) -> np.ndarray:
    """Positions of the `count` samples with the lowest scores, lowest first, int64 [k]."""
    return np.argsort(judged.scores, kind="stable")[:count]


def done(sample: np.ndarray, judged: Judged, row: int) -> list[str]:
    """How the sample [H, W, C] differs from its training image, in words.

    Moves are in pixels of the sample. If images were reduced for the comparison, they are as exact
    as a pixel of the reduced images.
    """
    change = CHANGES[judged.matches.change[row]]
    move = judged.matches.move[row]
    training = judged.training[judged.matches.index[row]]
    left, right = (reduced(image[None])[0] for image in (sample, training))
    height, width = left.shape[1:]
    words = ["mirrored"] if change.mirrored else []
    steps = [
        round(int(by) * whole / part)
        for by, whole, part in zip(move, sample.shape[:2], (height, width), strict=True)
    ]
    for step, after, before in zip(steps, ("down", "right"), ("up", "left"), strict=True):
        if step:
            words.append(f"moved {abs(step)} {after if step > 0 else before}")
    if change.scale != 1:
        words.append(f"{'enlarged' if change.scale > 1 else 'shrunk'} x {change.scale:.2f}")
    if change.angle:
        words.append(f"turned by {abs(change.angle):.0f}° {'anti' * (change.angle > 0)}clockwise")
    if change.blur:
        words.append("blurred")
    (top, bottom), (first, last) = (
        shared(side, int(by)) for side, by in zip((height, width), move, strict=True)
    )
    here = left[:, top:bottom, first:last]
    seen = right[..., ::-1] if change.mirrored else right
    there = seen[:, top - move[0] : bottom - move[0], first - move[1] : last - move[1]]
    gain = float(here.std() / max(there.std(), 1e-3))
    step = float(here.mean() - there.mean())
    if abs(np.log(max(gain, 1e-3))) > _LEAST_GAIN and not change.blur:
        words.append(f"contrast x {gain:.2f}")
    if abs(step) > _LEAST_STEP:
        words.append(f"{'lighter' if step > 0 else 'darker'} by {100 * abs(step):.0f} %")
    return words or ["as it is"]


def draw_pairs(path: Path, samples: np.ndarray, judged: Judged, rows: np.ndarray) -> None:
    """Write a PNG with each of the samples `rows` beside its training image, and words below."""
    from PIL import Image, ImageDraw, ImageFont

    factor = max(1, _EDGE // max(samples.shape[1:3]))
    height, width = (factor * side for side in samples.shape[1:3])
    lines = [[line for line in _caption(samples[row], judged, int(row))] for row in rows]
    step = height + _LINE * max(map(len, lines)) + _GAP
    across = max(2 * width + _GAP, 208) + 2 * _GAP
    columns = min(_COLUMNS, len(rows))
    sheet = Image.new(
        "RGB", (columns * across + _GAP, -(-len(rows) // columns) * step + _GAP), "white"
    )
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=11)
    for place, row in enumerate(rows):
        top, left = _GAP + place // columns * step, _GAP + place % columns * across
        pair = (samples[row], judged.training[judged.matches.index[row]])
        for image, start in zip(pair, (left, left + width + _GAP), strict=True):
            tile = Image.fromarray(image.squeeze(-1) if image.shape[2] == 1 else image)
            sheet.paste(tile.resize((width, height), Image.Resampling.NEAREST), (start, top))
        for number, line in enumerate(lines[place]):
            pen.text((left, top + height + _LINE * number), line, fill="black", font=font)
    with replacing(path) as temporary:
        sheet.save(temporary, "PNG")


def _caption(sample: np.ndarray, judged: Judged, row: int) -> list[str]:
    head = f"sample {row}, training {judged.position(row)}: {judged.matches.nearest[row]:.3f}"
    lines = [head if judged.hits[row] else f"{head}, no copy"]
    for word in done(sample, judged, row) if judged.hits[row] else []:
        joined = f"{lines[-1]}, {word}"
        if len(lines) > 1 and len(joined) <= 36:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines
