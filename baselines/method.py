"""Makes a method of this room from its settings and its game, without importing PyTorch."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from baselines.game import Game
from baselines.settings import G, GanSettings
from baselines.sides import check_square
from suite.protocol.augmentation import check_augmented
from suite.protocol.method import Job, Method, Model, Result, Work
from suite.protocol.registry import Reference

TINY: Mapping[str, Any] = {"updates": 5, "batch": 4, "snapshots": 3, "snapshot_rows": 3}
"""Settings with which every method trains on a handful of rows within seconds."""


def rows_of_pixels(settings: GanSettings, shape: tuple[int, ...]) -> float:
    """Size of a pass, relative to 64 rows of 28 x 28 (or 64 points) in networks of width 1."""
    pixels = shape[0] * shape[1] / 28**2 * settings.width**2 if len(shape) == 3 else 1.0
    return settings.batch / 64 * pixels


def adversarial(
    name: str,
    title: str,
    settings: type[G],
    game: Callable[[G, tuple[int, ...]], Game],
    size: Callable[[G, tuple[int, ...]], float] = rows_of_pixels,
    tiny: Mapping[str, Any] = {},
    references: Sequence[Reference] = (),
) -> Method[G]:
    """A registered method that the shared alternating loop trains.

    game: (settings, shape of a row: [H, W, C] or (2,)) -> players and losses.
    size: (settings, shape of a row) -> size of a pass (`suite.protocol.method.Work`).
    tiny: settings beside `TINY` for a training on a handful of rows.
    references: where the method was published.
    """

    def train(job: Job[G]) -> Result:
        from baselines.alternating import train

        return train(job, game(job.settings, job.subset.data.shape[1:]))

    def sample(
        model: Model, settings: G, shape: tuple[int, ...], count: int, seed: int
    ) -> np.ndarray:
        from baselines.sampling import sample

        generator, _ = game(settings, shape).networks()
        return sample(generator, model, settings.latents(shape), count, seed)

    def work(settings: G, shape: tuple[int, ...], n: int) -> Work:
        return Work(settings.updates, settings.n_dis + 1, size(settings, shape))

    def check(settings: G, shape: tuple[int, ...], n: int) -> None:
        check_augmented(settings.augment, shape)
        if len(shape) == 3:
            check_square(shape)

    tiny = {**TINY, **tiny}
    return Method(
        *(name, title, settings, train, sample, "updates", work, tiny, check), references=references
    )
