"""A method of this room from its settings and its game, without importing PyTorch."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from baselines.settings import GanSettings
from suite.method import Job, Method, Result

if TYPE_CHECKING:
    from baselines.game import Game


def adversarial(
    name: str, title: str, settings: type[GanSettings], game: "Callable[[GanSettings], Game]"
) -> Method:
    """A registered method that the shared alternating loop trains."""

    def train(job: Job) -> Result:
        from baselines.alternating import train

        return train(job, game(job.settings))

    def sample(
        model: dict[str, np.ndarray],
        settings: GanSettings,
        shape: tuple[int, ...],
        count: int,
        seed: int,
    ) -> np.ndarray:
        from baselines.sampling import sample

        generator, _ = game(settings).networks(shape)
        return sample(generator, model, settings.latent, count, seed)

    return Method(name, title, settings, train, sample)
