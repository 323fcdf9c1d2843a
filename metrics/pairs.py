"""A picture of samples beside the training images that they copy, with the changes in words."""

from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np

from metrics.changes import CHANGES, overlap, reduced
from metrics.definitions.copies import Judged
from suite.running.files import replacing

MOST_PAIRS = 24
"""Pairs of a picture, at most."""
_COLUMNS, _EDGE, _GAP, _LINE = 4, 96, 8, 15
_LEAST_GAIN, _LEAST_STEP = 0.12, 0.03


def clearest(samples: np.ndarray, judged: Judged) -> list[dict[str, Any]]:
    """The `MOST_PAIRS` of the judged samples [N, H, W, C] with the lowest scores, lowest first.

    sample, train: positions of the sample and of its training image. correlation: of the two.
    copy: whether the sample is called one. done: see `done`; empty if it is no copy.
    """
    return [
        {
            "sample": row,
            "train": judged.position(row),
            "correlation": round(float(judged.matches.nearest[row]), 4),
            "copy": bool(judged.hits[row]),
            "done": done(samples[row], judged, row) if judged.hits[row] else [],
        }
        for row in np.argsort(judged.scores, kind="stable")[:MOST_PAIRS].tolist()
    ]


def done(sample: np.ndarray, judged: Judged, row: int) -> list[str]:
    """How the sample [H, W, C] differs from its training image, in words.

    Moves are in pixels of the sample. If images were reduced for the comparison, they are as exact
    as a pixel of the reduced images.
    """
    change = CHANGES[judged.matches.change[row]]
    move = judged.matches.move[row].tolist()
    training = judged.training[judged.matches.index[row]]
    left, right = (reduced(image[None])[0] for image in (sample, training))
    words = ["mirrored"] if change.mirrored else []
    steps = [
        round(by * whole / part)
        for by, whole, part in zip(move, sample.shape[:2], left.shape[1:], strict=True)
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
    ours, theirs = overlap(left.shape, move)
    here = left[ours]
    there = (right[..., ::-1] if change.mirrored else right)[theirs]
    gain = float(here.std() / max(there.std(), 1e-3))
    step = float(here.mean() - there.mean())
    if abs(np.log(max(gain, 1e-3))) > _LEAST_GAIN and not change.blur:
        words.append(f"contrast x {gain:.2f}")
    if abs(step) > _LEAST_STEP:
        words.append(f"{'lighter' if step > 0 else 'darker'} by {100 * abs(step):.0f} %")
    return words or ["as it is"]


def draw_pairs(
    path: Path, samples: np.ndarray, training: np.ndarray, pairs: list[dict[str, Any]]
) -> None:
    """Write a PNG of the pairs that `clearest` gives, each with words below.

    samples, training: uint8 [N, H, W, C] and [n, H, W, C], as they were judged.
    """
    from PIL import Image, ImageDraw, ImageFont

    factor = max(1, _EDGE // max(samples.shape[1:3]))
    height, width = (factor * side for side in samples.shape[1:3])
    captions = [_caption(pair) for pair in pairs]
    step = height + _LINE * max(map(len, captions)) + _GAP
    across = max(2 * width + _GAP, 208) + 2 * _GAP
    columns = min(_COLUMNS, len(pairs))
    sheet = Image.new(
        "RGB", (columns * across + _GAP, -(-len(pairs) // columns) * step + _GAP), "white"
    )
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=11)
    for place, (pair, caption) in enumerate(zip(pairs, captions, strict=True)):
        top, left = _GAP + place // columns * step, _GAP + place % columns * across
        images = (samples[pair["sample"]], training[pair["train"]])
        for image, start in zip(images, (left, left + width + _GAP), strict=True):
            tile = Image.fromarray(image.squeeze(-1) if image.shape[2] == 1 else image)
            sheet.paste(tile.resize((width, height), Image.Resampling.NEAREST), (start, top))
        words = "\n".join(caption)
        pen.multiline_text((left, top + height), words, fill="black", font=font)
    with replacing(path) as temporary:
        sheet.save(temporary, "PNG")


def _caption(pair: dict[str, Any]) -> list[str]:
    head = f"sample {pair['sample']}, training {pair['train']}: {pair['correlation']:.3f}"
    if not pair["copy"]:
        return [f"{head}, no copy"]
    return [head, *wrap(", ".join(pair["done"]), 36)]
