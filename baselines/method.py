"""A method of this room from its settings and its game, without importing PyTorch."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from baselines.settings import GanSettings
from suite.method import Job, Method, Result

if TYPE_CHECKING:
    from baselines.game import Game


OUT_OF_MEMORY = ("out of memory", "can't allocate memory")
"""What PyTorch's errors say when a GPU's memory, or the machine's, is used up."""


def adversarial(
    name: str,
    title: str,
    settings: type[GanSettings],
    game: "Callable[[GanSettings, tuple[int, ...]], Game]",
) -> Method:
    """A registered method that the shared alternating loop trains.

    game: (settings, shape of a row: [H, W, C] or (2,)) -> players and losses.
    """

    def train(job: Job) -> Result:
        from baselines.alternating import train

        try:
            return train(job, game(job.settings, job.subset.data.shape[1:]))
        except RuntimeError as error:
            if not any(sign in str(error) for sign in OUT_OF_MEMORY):
                raise
            raise MemoryError(str(error).splitlines()[0]) from error

    def sample(
        model: dict[str, np.ndarray],
        settings: GanSettings,
        shape: tuple[int, ...],
        count: int,
        seed: int,
    ) -> np.ndarray:
        from baselines.sampling import sample

        generator, _ = game(settings, shape).networks()
        return sample(generator, model, settings.latent, count, seed)

    return Method(name, title, settings, train, sample)
