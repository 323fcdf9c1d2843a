"""Shared by the tests of the datasets: drawing rows, and images of noise."""

import numpy as np
from PIL import Image

from datasets.draw import draw
from suite.protocol.settings import parse
from suite.protocol.source import SOURCES

RNG = np.random.default_rng(0)


def rows(name, split="train", n=None, seed=0, **settings):
    source = SOURCES.lookup(name)
    return draw(source, parse(source.settings, settings, name), split, n, seed)


def noise(height, width, channels=3):
    return RNG.integers(0, 256, (height, width, channels), dtype=np.uint8).squeeze()


def save_images(folder, count, height, width, channels=3, suffix="png", first=0):
    folder.mkdir(parents=True, exist_ok=True)
    images = [noise(height, width, channels) for _ in range(count)]
    for i, image in enumerate(images, first):
        Image.fromarray(image).save(folder / f"{i:06d}.{suffix}")
    return images
