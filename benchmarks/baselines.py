"""Updates per second of the baselines, and of DCGAN beside the loop that a user would write.

    python -m benchmarks baselines
    OMP_NUM_THREADS=1 python -m benchmarks baselines --rounds 5 --updates 20

The rows are noise of MNIST's shape, and the batch is 64. All variants take turns in one process.
The rate of a variant is the median update of its fastest round, so that other load on the machine
does not affect one variant alone.
"""

import time
from collections.abc import Iterator
from functools import partial
from statistics import median
from typing import Annotated, Any

import numpy as np
import torch
import typer
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from baselines.networks import infogan
from baselines.reproducible import device, device_name
from suite.protocol.artefacts import Subset
from suite.protocol.method import METHODS, Job
from suite.protocol.seeds import stream
from suite.protocol.settings import parse

GANS = METHODS["baselines"].entries
FASTER: dict[str, dict[str, Any]] = {
    "channels last": {"channels_last": True},
    "bfloat16": {"precision": "bfloat16"},
    "bfloat16, channels last": {"precision": "bfloat16", "channels_last": True},
}


def plain_loop(data: np.ndarray, updates: int) -> Iterator[float]:
    """Seconds of each update of DCGAN as in tutorials: the same networks, without optimisations."""
    where = device()
    generator = infogan.generator(data.shape[1:], 64, 0.02).to(where)
    discriminator = infogan.discriminator(
        data.shape[1:], 0.2, 0.02, batch_norm=True, dense_norm=True
    ).to(where)
    optimiser_g, optimiser_d = (
        torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999))
        for network in (generator, discriminator)
    )
    images = TensorDataset(torch.from_numpy(data).permute(0, 3, 1, 2).float() / 255)
    loader = DataLoader(images, batch_size=64, shuffle=True, drop_last=True)
    epochs = (batch for _ in range(updates) for (batch,) in loader)

    def loss(network: nn.Module, rows: torch.Tensor, label: float) -> torch.Tensor:
        scores = network(rows)
        return F.binary_cross_entropy_with_logits(scores, torch.full_like(scores, label))

    for _, batch in zip(range(updates), epochs, strict=False):
        started = time.perf_counter()
        fake = generator(torch.randn(64, 64, device=where))
        optimiser_d.zero_grad()
        loss(discriminator, batch.to(where), 1.0).backward()
        loss(discriminator, fake.detach(), 0.0).backward()
        optimiser_d.step()
        optimiser_g.zero_grad()
        loss_g = loss(discriminator, fake, 1.0)
        loss_g.backward()
        optimiser_g.step()
        loss_g.item()
        yield time.perf_counter() - started


def our_loop(
    name: str, settings: dict[str, Any], data: np.ndarray, updates: int
) -> Iterator[float]:
    """Seconds of each update of a registered method."""
    subset = Subset(data, np.full(len(data), -1), np.arange(len(data)), "noise", "train", 0)
    method = GANS[name]
    small = {"updates": updates, "snapshots": 1, "snapshot_rows": 1}
    resolved = parse(method.settings, small | settings, name)
    history = method.train(Job(subset, resolved, 0, 0, 1)).history
    yield from np.diff([0.0, *(row["seconds"] for row in history)])


def main(
    rounds: Annotated[int, typer.Option(help="turns of each variant")] = 3,
    updates: Annotated[int, typer.Option(help="updates per turn; the first is not counted")] = 10,
    only: Annotated[str | None, typer.Option(help="one method instead of all")] = None,
) -> None:
    """Print updates per second of every variant, and the ratio to the plain loop of DCGAN."""
    data = stream("benchmark").integers(0, 256, (256, 28, 28, 1), np.uint8)
    names = [only] if only else list(GANS)
    variants = {("plain loop", "dcgan"): partial(plain_loop, data, updates)}
    for name in names:
        for label, settings in {"as it comes": {}, **FASTER}.items():
            variants[label, name] = partial(our_loop, name, settings, data, updates)
    medians: dict[tuple[str, str], list[float]] = {key: [] for key in variants}
    for _ in range(rounds):
        for key, turn in variants.items():
            medians[key].append(median(list(turn())[1:]))
    best = {key: min(values) for key, values in medians.items()}
    print(f"{device_name()}, {torch.get_num_threads()} threads, torch {torch.__version__}")
    print(f"{'method':10} {'variant':24} {'updates/s':>9} {'of plain DCGAN':>15}")
    for (label, name), seconds in best.items():
        ratio = best["plain loop", "dcgan"] / seconds
        print(f"{name:10} {label:24} {1 / seconds:9.2f} {ratio:15.2f}")


COMMANDS = (main,)
