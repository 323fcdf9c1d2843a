"""Both networks of a game with their optimisers, and one update of them."""

import copy
import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import get_total_norm

from baselines.augment import augmenter
from baselines.batches import Batches
from baselines.game import Game
from baselines.progress import generator_states, packed, set_generator_states, unpacked
from baselines.reproducible import device
from baselines.scaling import to_network
from baselines.settings import GanSettings

EXPLODED = 1e6
"""Absolute loss, or norm of the generator's gradient, beyond which a run counts as diverged."""

WARM_UP = 0.05
"""The half-life of the average is at most this share of the images seen (Karras et al., 2020)."""


def sound(measured: list[float]) -> bool:
    """Whether every value is finite and none has exploded."""
    return all(math.isfinite(value) and abs(value) < EXPLODED for value in measured)


def set_capturable(groups: Iterable[dict[str, Any]], where: torch.device) -> None:
    """Set `capturable` on a GPU, which CUDA graphs need and optimisers on a CPU refuse."""
    for group in groups:
        if "capturable" in group:
            group["capturable"] = where.type != "cpu"


class Kind(NamedTuple):
    """Which penalties an update has. Updates of one kind have the same operations.

    lazy_d: for each discriminator step, whether a step of its penalty follows.
    lazy_g: whether a step of the generator's penalty follows the generator's step.
    """

    lazy_d: tuple[bool, ...]
    lazy_g: bool


class Feed(NamedTuple):
    """The inputs of an update, on the players' device.

    rows: int64 [n_dis, b], the row numbers of each discriminator step.
    share: float32 scalar, how far the average of the weights moves; 0 without an average.
    """

    rows: Tensor
    share: Tensor


class Players:
    """Generator and discriminator in training on one set of rows.

    data: uint8 [n, H, W, C] or float32 [n, 2]; seeds: of the order of the batches.
    """

    def __init__(self, game: Game, settings: GanSettings, data: np.ndarray, *seeds: int) -> None:
        self.game, self.settings, self.where = game, settings, device()
        layout = torch.channels_last if settings.channels_last else torch.contiguous_format
        self.layout = layout if data.ndim == 4 else torch.contiguous_format
        self.generator, self.discriminator = (
            network.to(self.where).to(memory_format=self.layout) for network in game.networks()
        )
        self.average: nn.Module | None = None
        if settings.ema_halflife is not None:
            self.average = copy.deepcopy(self.generator).requires_grad_(False)
        self.optimiser_g = game.optimiser_g(self.generator.parameters())
        self.optimiser_d = game.optimiser_d(self.discriminator.parameters())
        for optimiser in (self.optimiser_g, self.optimiser_d):
            set_capturable(optimiser.param_groups, self.where)
        self.latent = settings.latents(data.shape[1:])
        self.rows = torch.from_numpy(data).to(self.where)
        self.augment = augmenter(settings.augment)
        self.batches = Batches(len(data), settings.batch, *seeds)

    @property
    def sampled(self) -> nn.Module:
        """The generator that samples come from: the average, if there is one."""
        return self.generator if self.average is None else self.average

    def kind(self, number: int) -> Kind:
        """Which penalties update `number` (1, 2, ...) has."""
        lazy_d, lazy_g, steps = self.game.lazy_d, self.game.lazy_g, self.settings.n_dis
        last = range((number - 1) * steps + 1, number * steps + 1)
        return Kind(
            tuple(lazy_d is not None and step % lazy_d.every == 0 for step in last),
            lazy_g is not None and number % lazy_g.every == 0,
        )

    def feeds(self, numbers: range) -> Feed:
        """The inputs of updates `numbers`, stacked: rows [K, n_dis, b], share [K]."""
        steps, batch = self.settings.n_dis, self.settings.batch
        batches = range((numbers[0] - 1) * steps, numbers[-1] * steps)
        rows = np.concatenate([self.batches[number] for number in batches])
        halflife = self.settings.ema_halflife
        shares = [
            0.0 if halflife is None else 1 - 0.5 ** (batch / min(halflife, WARM_UP * seen * batch))
            for seen in numbers
        ]
        return Feed(
            torch.from_numpy(rows.reshape(len(numbers), steps, batch)).to(self.where),
            torch.tensor(shares, dtype=torch.float32).to(self.where),
        )

    def update(self, number: int) -> list[float]:
        """Update `number` (1, 2, ...): returns losses and gradient norm, as in `MEASURED`.

        If one of them is not sound, the step of the generator that they belong to is not taken: the
        weights stay those of the step before (for a lazy penalty, a step of the same update), and
        the average is not updated.
        """
        rows, shares = self.feeds(range(number, number + 1))
        reports: list[list[float]] = []
        for measured in self.play(self.kind(number), Feed(rows[0], shares[0])):
            reports.append(measured.tolist())
            if not sound(reports[-1]):
                return reports[-1]
        return reports[0]

    def play(self, kind: Kind, feed: Feed) -> Iterator[Tensor]:
        """One update, without reading any number from the device.

        Yields losses and gradient norm (float64 [3], as in `MEASURED`) before each step of the
        generator: that of the loss, then that of the penalty. The caller takes the step by asking
        for the next value.
        """
        losses = []
        for rows, lazy in zip(feed.rows, kind.lazy_d, strict=True):
            real = self.augment(to_network(self.rows[rows]))
            real = real.contiguous(memory_format=self.layout)
            losses.append(self._discriminator_step(real, lazy))
        loss_d = torch.stack(losses).mean()
        self.discriminator.requires_grad_(False)
        with self._precision():
            fake = self.augment(self.generator(self._latents()))
            loss = self.game.generator_loss(self.discriminator, real, fake)
        measured = self._gradient_g(loss, loss_d)
        self.discriminator.requires_grad_(True)
        yield measured
        self.optimiser_g.step()
        if kind.lazy_g and self.game.lazy_g is not None:
            penalty = self.game.lazy_g.loss(self.generator, self._latents())
            yield self._gradient_g(penalty, loss_d)
            self.optimiser_g.step()
        if self.average is not None:
            self._follow(self.average, feed.share)

    def _discriminator_step(self, real: Tensor, lazy: bool) -> Tensor:
        with torch.no_grad(), self._precision():
            fake = self.augment(self.generator(self._latents()).float())
        with self._precision():
            loss = self.game.discriminator_loss(self.discriminator, real, fake)
        self._descend_d(loss)
        if lazy and self.game.lazy_d is not None:
            self._descend_d(self.game.lazy_d.loss(self.discriminator, real))
        return loss.detach()

    def _descend_d(self, loss: Tensor) -> None:
        self.optimiser_d.zero_grad()
        loss.backward()
        self.optimiser_d.step()
        if self.game.constrain is not None:
            self.game.constrain(self.discriminator)

    def _gradient_g(self, loss: Tensor, loss_d: Tensor) -> Tensor:
        self.optimiser_g.zero_grad()
        loss.backward()
        norm = get_total_norm([p.grad for p in self.generator.parameters() if p.grad is not None])
        return torch.stack([loss_d, loss.detach(), norm]).double()

    @torch.no_grad()
    def _follow(self, average: nn.Module, share: Tensor) -> None:
        """Move the average towards the generator, and copy the generator's buffers."""
        for kept, new in zip(average.parameters(), self.generator.parameters(), strict=True):
            kept.lerp_(new, share)
        for buffer, own in zip(average.buffers(), self.generator.buffers(), strict=True):
            buffer.copy_(own)

    def _latents(self) -> Tensor:
        return torch.randn(self.settings.batch, self.latent, device=self.where)

    def _precision(self) -> torch.autocast:
        reduced = self.settings.precision == "bfloat16"
        return torch.autocast(self.where.type, torch.bfloat16, enabled=reduced)

    def parts(self) -> dict[str, Any]:
        """Networks and optimisers by name. Updates change these and the random generators only."""
        parts = {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "average": self.average,
            "optimiser_g": self.optimiser_g,
            "optimiser_d": self.optimiser_d,
        }
        return {name: part for name, part in parts.items() if part is not None}

    def state(self) -> np.ndarray:
        """Networks, optimisers and random generators, packed."""
        states = {name: part.state_dict() for name, part in self.parts().items()}
        return packed(states | {"random": generator_states()})

    def restore(self, data: np.ndarray) -> None:
        """Restore a `state` that was saved on any device."""
        states = unpacked(data, self.where)
        for name, part in self.parts().items():
            # Before loading: a capturable optimiser keeps its number of steps on the GPU.
            set_capturable(states[name].get("param_groups", ()), self.where)
            part.load_state_dict(states[name])
        set_generator_states(states["random"])
