"""The training loop of every adversarial baseline (Goodfellow et al., 2014, Algorithm 1).

An update is `n_dis` steps of the discriminator, each on its own batch, then one of the generator.
"""

import math
import time
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils import get_total_norm
from tqdm import tqdm

from baselines import progress as record
from baselines.game import Game
from baselines.progress import Progress
from baselines.reproducible import device, device_name, reproducible
from baselines.rows import Batches, to_network
from baselines.sampling import generate, latents, weights
from baselines.settings import GanSettings
from suite.method import Job, Result, StopReason, snapshot_iterations

EXPLODED = 1e6
"""Absolute loss, or norm of the generator's gradient, beyond which a run counts as diverged."""

RECORDS = 1000
"""About how many records a whole run leaves."""


class Training:
    """Both networks with their optimisers, and one update of them."""

    def __init__(self, game: Game, settings: GanSettings, data: np.ndarray, *seeds: int) -> None:
        self.game, self.settings, self.where = game, settings, device()
        self.generator, self.discriminator = (
            network.to(self.where) for network in game.networks(data.shape[1:])
        )
        self.optimiser_g = game.optimiser(self.generator.parameters())
        self.optimiser_d = game.optimiser(self.discriminator.parameters())
        self.rows = torch.from_numpy(data).to(self.where)
        self.batches = Batches(len(data), settings.batch, *seeds)

    def update(self, number: int) -> list[float]:
        """Update `number` (1, 2, ...); returns the values of `MEASURED`.

        If one of them is not sound the generator has not been touched: its weights are those
        of the last sound update.
        """
        losses = [
            self._discriminator_step((number - 1) * self.settings.n_dis + step)
            for step in range(self.settings.n_dis)
        ]
        self.discriminator.requires_grad_(False)
        self.optimiser_g.zero_grad()
        loss = self.game.generator_loss(self.generator, self.discriminator, self._latents())
        loss.backward()
        self.discriminator.requires_grad_(True)
        norm = get_total_norm([p.grad for p in self.generator.parameters() if p.grad is not None])
        mean = torch.stack(losses).mean()
        measured = torch.stack([mean, loss.detach(), norm]).double().tolist()
        if sound(measured):
            self.optimiser_g.step()
        return measured

    def _discriminator_step(self, number: int) -> Tensor:
        real = to_network(self.rows[torch.from_numpy(self.batches[number]).to(self.where)])
        with torch.no_grad():
            fake = self.generator(self._latents())
        self.optimiser_d.zero_grad()
        loss = self.game.discriminator_loss(self.discriminator, real, fake)
        loss.backward()
        self.optimiser_d.step()
        return loss.detach()

    def _latents(self) -> Tensor:
        return torch.randn(self.settings.batch, self.settings.latent, device=self.where)

    def _parts(self) -> dict[str, Any]:
        return {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "optimiser_g": self.optimiser_g,
            "optimiser_d": self.optimiser_d,
        }

    def state(self) -> np.ndarray:
        """Networks, optimisers and random generators, packed."""
        states = {name: part.state_dict() for name, part in self._parts().items()}
        return record.packed(states | {"random": record.generator_states()})

    def restore(self, data: np.ndarray) -> None:
        """Go back to a `state`."""
        states = record.unpacked(data, self.where)
        for name, part in self._parts().items():
            part.load_state_dict(states[name])
        record.set_generator_states(states["random"])


def sound(measured: list[float]) -> bool:
    """Whether every value is finite and none has exploded."""
    return all(math.isfinite(value) and abs(value) < EXPLODED for value in measured)


def train(job: Job, game: Game) -> Result:
    """Play `game` on the rows of `job` until its budget ends or it diverges.

    Raises:
        InputError: images of a size that the networks do not take.
    """
    settings: GanSettings = job.settings
    with reproducible("baseline", job.seed, job.part):
        training = Training(game, settings, job.subset.data, job.seed, job.part)
        fixed = latents("snapshots", settings.snapshot_rows, settings.latent, job.seed, job.part)
        state = job.checkpoint.load()
        if state is None:
            reached = Progress(snapshots=[generate(training.generator, fixed)], moments=[0])
        else:
            training.restore(state.pop("training"))
            reached = Progress.of(state)
        stop_reason = _run(job, training, reached, fixed)
        drawn = latents("samples", job.samples, settings.latent, job.seed, job.part)
        samples = generate(training.generator, drawn)
    return Result(
        samples=samples,
        trajectory=reached.trajectory(),
        history=reached.history(),
        stop_reason=stop_reason,
        compile_seconds=0.0,
        device=device_name(),
        details=_details(training),
        model=weights(training.generator),
    )


def _run(job: Job, training: Training, reached: Progress, fixed: Tensor) -> StopReason:
    settings: GanSettings = job.settings
    every = max(1, settings.updates // RECORDS)
    moments = set(snapshot_iterations(settings.updates, settings.snapshots))
    stop_reason: StopReason = "budget"
    with tqdm(total=settings.updates, initial=reached.update, unit="update", mininterval=1) as bar:
        while reached.update < settings.updates and stop_reason == "budget":
            started = time.perf_counter()
            measured = training.update(reached.update + 1)
            reached.seconds += time.perf_counter() - started
            reached.update += 1
            reached.pending.append(measured)
            bar.update()
            if not sound(measured):
                stop_reason = "diverged"
            last = reached.update == settings.updates or stop_reason != "budget"
            if reached.update % every == 0 or last:
                reached.record()
                bar.set_postfix(loss_d=measured[0], loss_g=measured[1], refresh=False)
            if reached.update in moments or last:
                reached.snapshots.append(generate(training.generator, fixed))
                reached.moments.append(reached.update)
            if job.checkpoint.due():
                job.checkpoint.save(reached.arrays() | {"training": training.state()})
    return stop_reason


def _details(training: Training) -> dict[str, Any]:
    def parameters(network: nn.Module) -> int:
        return sum(parameter.numel() for parameter in network.parameters())

    details: dict[str, Any] = {
        "parameters": {
            "generator": parameters(training.generator),
            "discriminator": parameters(training.discriminator),
        },
        "precision": "float32",
        "threads": torch.get_num_threads(),
    }
    if training.where.type == "cuda":
        details["gpu_peak_memory_mib"] = round(torch.cuda.max_memory_allocated() / 2**20, 1)
    return details
