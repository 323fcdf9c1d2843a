"""The training loop of every adversarial baseline (Goodfellow et al., 2014, Algorithm 1).

An update is `n_dis` steps of the discriminator, each on its own batch, then one of the generator.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from baselines.chunks import Chunks
from baselines.game import Game
from baselines.graphs import chunking, own_stream
from baselines.players import Players, sound
from baselines.progress import Progress
from baselines.reproducible import device_name, reproducible
from baselines.sampling import generate, latents, weights
from baselines.settings import G
from baselines.stopping import EarlyStopping
from suite.protocol.method import Job, Result, StopReason, snapshot_iterations

RECORDS = 1000
"""About how many records a whole run leaves."""


def train(job: Job[G], game: Game) -> Result:
    """Play `game` on the rows of `job` until its budget ends, it stops early or it diverges."""
    settings = job.settings
    with own_stream(), reproducible("baseline", job.seed, job.part):
        players = Players(game, settings, job.subset.data, job.seed, job.part)
        stopping = EarlyStopping(settings.patience, settings.delta)
        size = settings.latents(job.subset.data.shape[1:])
        fixed = latents("snapshots", settings.snapshot_rows, size, job.seed, job.part)

        def snapshot() -> np.ndarray:
            # A generator may draw noise of its own. From the training's stream it would make the
            # result depend on the number of snapshots and of their rows.
            with reproducible("snapshots", job.seed, job.part):
                return generate(players.sampled, fixed)

        state = job.checkpoint.load()
        if state is None:
            reached = Progress(snapshots=[snapshot()], moments=[0])
        else:
            players.restore(state.pop("players"))
            stopping.restore(state.pop("stopping"))
            reached = Progress.of(state)
        chunks = Chunks(players, *chunking(players.where))
        stop_reason = _run(job, chunks, stopping, reached, snapshot)
        drawn = latents("samples", job.samples, size, job.seed, job.part)
        samples = generate(players.sampled, drawn)
    return Result(
        samples=samples,
        trajectory=reached.trajectory(),
        history=reached.history(),
        stop_reason=stop_reason,
        compile_seconds=0.0,
        device=device_name(),
        details=_details(chunks) | {"best_iteration": stopping.best_update},
        model=weights(players.sampled),
    )


def _run(
    job: Job[G],
    chunks: Chunks,
    stopping: EarlyStopping,
    reached: Progress,
    snapshot: Callable[[], np.ndarray],
) -> StopReason:
    settings, players = job.settings, chunks.players
    every = max(1, settings.updates // RECORDS)
    moments = snapshot_iterations(settings.updates, settings.snapshots)
    stop_reason: StopReason = "budget"
    with tqdm(total=settings.updates, initial=reached.update, unit="update", mininterval=1) as bar:
        while reached.update < settings.updates and stop_reason == "budget":
            started = time.perf_counter()
            until = next(moment for moment in moments if moment > reached.update)
            chunk = chunks.next(reached.update, until, stopping)
            spent = time.perf_counter() - started
            for measured in chunk:
                reached.seconds += spent / len(chunk)
                reached.update += 1
                reached.pending.append(measured)
                if not sound(measured):
                    stop_reason = "diverged"
                elif stopping.stops_after(reached.update, -measured[0]):
                    stop_reason = "early-stopping"
                last = reached.update == settings.updates or stop_reason != "budget"
                if reached.update % every == 0 or last:
                    reached.record()
                    bar.set_postfix(loss_d=measured[0], loss_g=measured[1], refresh=False)
            bar.update(len(chunk))
            if reached.update == until or last:
                reached.snapshots.append(snapshot())
                reached.moments.append(reached.update)
            if job.checkpoint.due() and stop_reason == "budget":
                own = {"players": players.state(), "stopping": stopping.array()}
                job.checkpoint.save(reached.arrays() | own)
    return stop_reason


def _details(chunks: Chunks) -> dict[str, Any]:
    players = chunks.players

    def parameters(network: nn.Module) -> int:
        return sum(parameter.numel() for parameter in network.parameters())

    details: dict[str, Any] = {
        "parameters": {
            "generator": parameters(players.generator),
            "discriminator": parameters(players.discriminator),
        },
        "precision": players.settings.precision,
        "tf32": False,  # `reproducible`
        "threads": torch.get_num_threads(),
    }
    if players.where.type == "cuda":
        details["cuda_graphs"] = chunks.captured
        details["gpu_peak_memory_mib"] = round(torch.cuda.max_memory_allocated() / 2**20, 1)
    return details
