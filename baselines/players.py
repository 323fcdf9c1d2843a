"""Both networks of a game with their optimisers, and one update of them."""

import copy
import math
from typing import Any

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
"""The half-life of the average is at most this part of the images seen (Karras et al., 2020)."""


def sound(measured: list[float]) -> bool:
    """Whether every value is finite and none has exploded."""
    return all(math.isfinite(value) and abs(value) < EXPLODED for value in measured)


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
        self.latent = settings.latents(data.shape[1:])
        self.rows = torch.from_numpy(data).to(self.where)
        self.augment = augmenter(settings.augment, data.shape[1:])
        self.batches = Batches(len(data), settings.batch, *seeds)

    @property
    def sampled(self) -> nn.Module:
        """The generator that samples come from: the average, if there is one."""
        return self.generator if self.average is None else self.average

    def update(self, number: int) -> list[float]:
        """Update `number` (1, 2, ...): returns losses and gradient norm, as in `MEASURED`.

        If one of them is not sound, the generator's step that it belongs to has not been taken:
        the weights are those of the step before, which for a lazy penalty is the same update's.
        The average follows sound updates alone.
        """
        losses = []
        for step in range((number - 1) * self.settings.n_dis, number * self.settings.n_dis):
            real = self._real(step)
            losses.append(self._discriminator_step(step, real))
        loss_d = torch.stack(losses).mean()
        self.discriminator.requires_grad_(False)
        with self._precision():
            fake = self.augment(self.generator(self._latents()))
            loss = self.game.generator_loss(self.discriminator, real, fake)
        measured = self._generator_step(loss, loss_d)
        self.discriminator.requires_grad_(True)
        lazy = self.game.lazy_g
        if lazy is not None and number % lazy.every == 0 and sound(measured):
            penalty = self._generator_step(lazy.loss(self.generator, self._latents()), loss_d)
            if not sound(penalty):
                return penalty
        halflife = self.settings.ema_halflife
        if self.average is not None and halflife is not None and sound(measured):
            self._follow(self.average, min(halflife, WARM_UP * number * self.settings.batch))
        return measured

    def _real(self, number: int) -> Tensor:
        rows = self.rows[torch.from_numpy(self.batches[number]).to(self.where)]
        return self.augment(to_network(rows)).contiguous(memory_format=self.layout)

    def _discriminator_step(self, number: int, real: Tensor) -> Tensor:
        with torch.no_grad(), self._precision():
            fake = self.augment(self.generator(self._latents()).float())
        with self._precision():
            loss = self.game.discriminator_loss(self.discriminator, real, fake)
        self._descend_d(loss)
        lazy = self.game.lazy_d
        if lazy is not None and (number + 1) % lazy.every == 0:
            self._descend_d(lazy.loss(self.discriminator, real))
        return loss.detach()

    def _descend_d(self, loss: Tensor) -> None:
        self.optimiser_d.zero_grad()
        loss.backward()
        self.optimiser_d.step()
        if self.game.constrain is not None:
            self.game.constrain(self.discriminator)

    def _generator_step(self, loss: Tensor, loss_d: Tensor) -> list[float]:
        self.optimiser_g.zero_grad()
        loss.backward()
        norm = get_total_norm([p.grad for p in self.generator.parameters() if p.grad is not None])
        measured = torch.stack([loss_d, loss.detach(), norm]).double().tolist()
        if sound(measured):
            self.optimiser_g.step()
        return measured

    @torch.no_grad()
    def _follow(self, average: nn.Module, halflife: float) -> None:
        """Move the average towards the generator; its buffers are the generator's own."""
        share = 1 - 0.5 ** (self.settings.batch / halflife)
        for kept, new in zip(average.parameters(), self.generator.parameters(), strict=True):
            kept.lerp_(new, share)
        for buffer, own in zip(average.buffers(), self.generator.buffers(), strict=True):
            buffer.copy_(own)

    def _latents(self) -> Tensor:
        return torch.randn(self.settings.batch, self.latent, device=self.where)

    def _precision(self) -> torch.autocast:
        reduced = self.settings.precision == "bfloat16"
        return torch.autocast(self.where.type, torch.bfloat16, enabled=reduced)

    def _parts(self) -> dict[str, Any]:
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
        states = {name: part.state_dict() for name, part in self._parts().items()}
        return packed(states | {"random": generator_states()})

    def restore(self, data: np.ndarray) -> None:
        """Go back to a `state`."""
        states = unpacked(data, self.where)
        for name, part in self._parts().items():
            part.load_state_dict(states[name])
        set_generator_states(states["random"])
