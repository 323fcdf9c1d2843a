"""Which settings of DCGAN keep the modes of few images: one change at a time.

    python -m benchmarks modes
    python -m benchmarks modes "as tuned" "latent 16"
    python -m benchmarks modes "as tuned" literal --data faces.npz --width 0.5 --batch 16

The images are MNIST's digits, or those of a subset (`python -m datasets subset`). Some changes are
settings of `dcgan`. The others are defined here: rows drawn with replacement, real and generated
rows in one batch of the discriminator, labels of 0.9, noise on the discriminator's input, other
norms, unequal learning rates.

It prints a Markdown line for each change and moment: FID and coverage of the training images; the
rate of copies; the number of training images that are nearest to some sample by SSIM; and the
standard deviation of a pixel over the samples, relative to that over the training images. For
digits, the first line has as many held-out digits instead of samples.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from torch import Tensor, nn
from torch.nn.functional import softplus
from torch.nn.utils.parametrizations import spectral_norm

from baselines.alternating import train
from baselines.game import Game, adam
from baselines.losses import logistic, non_saturating
from baselines.methods.dcgan import DcganSettings, game
from benchmarks import _markdown
from datasets.draw import draw
from metrics.evaluate import Reference, evaluate
from metrics.features import Features
from metrics.similarity import ssim_matrix
from suite.protocol.artefacts import Subset
from suite.protocol.method import Job
from suite.protocol.seeds import stream
from suite.protocol.source import SOURCES
from suite.running.errors import unknown

METRICS = ["fid_train", "am_ssim", "coverage_train", "copying_rate_ssim"]
EPOCHS = 100
"""Number of times that n rows are drawn with replacement, in place of an endless sequence."""


@dataclass(frozen=True)
class Change:
    """Differences from `networks: tuned`: settings, the game, the rows, the number of updates."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    game: Callable[[Game], Game] = lambda game: game
    rows: Callable[[Subset], Subset] = lambda subset: subset
    times: int = 1


def with_replacement(subset: Subset) -> Subset:
    """Rows drawn from `subset` with replacement, `EPOCHS` times as many."""
    n = len(subset.data)
    drawn = stream("replacement").integers(0, n, n * EPOCHS)
    return replace(
        subset,
        data=subset.data[drawn],
        labels=subset.labels[drawn],
        indices=subset.indices[drawn],
    )


def one_batch(game: Game) -> Game:
    """Real and generated rows normalised together, also in the generator's step."""

    def discriminator_loss(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        return logistic(*discriminator(torch.cat([real, fake])).float().chunk(2))

    def generator_loss(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        return non_saturating(discriminator(torch.cat([real, fake])).float().chunk(2)[1])

    return replace(game, discriminator_loss=discriminator_loss, generator_loss=generator_loss)


def smooth_labels(game: Game) -> Game:
    """A label of 0.9 for real rows (Salimans et al., 2016, section 3.4)."""

    def loss(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        scores = discriminator(real).float()
        smoothed = 0.9 * softplus(-scores) + 0.1 * softplus(scores)
        return smoothed.mean() + softplus(discriminator(fake).float()).mean()

    return replace(game, discriminator_loss=loss)


class Noise(nn.Module):
    """Rows + N(0, 0.1^2), pixels in [0, 1] (instance noise; Sønderby et al., 2017)."""

    def forward(self, rows: Tensor) -> Tensor:
        """The rows, each with new noise."""
        return rows + 0.1 * torch.randn_like(rows)


def instance_noise(game: Game) -> Game:
    """Noise on the discriminator's input."""

    def networks() -> tuple[nn.Module, nn.Module]:
        generator, discriminator = game.networks()
        return generator, nn.Sequential(Noise(), discriminator)

    return replace(game, networks=networks)


def unequal_rates(game: Game) -> Game:
    """The discriminator's learning rate is four times the generator's (Heusel et al., 2017)."""
    return replace(
        game,
        optimiser_d=adam(DcganSettings(learning_rate=4e-4)),
        optimiser_g=adam(DcganSettings(learning_rate=1e-4)),
    )


def spectral(game: Game) -> Game:
    """Spectral norm in every layer of the discriminator (Miyato et al., 2018)."""

    def networks() -> tuple[nn.Module, nn.Module]:
        generator, discriminator = game.networks()
        for module in list(discriminator.modules()):
            if isinstance(module, nn.Conv2d | nn.Linear):
                spectral_norm(module)
        return generator, discriminator

    return replace(game, networks=networks)


def normalised(game: Game) -> Game:
    """Batch norm after every layer of the generator except the last (Radford et al., 2016)."""

    def networks() -> tuple[nn.Module, nn.Module]:
        generator, discriminator = game.networks()
        layers = list(generator.children())
        normed: list[nn.Module] = []
        for layer, following in pairwise([*layers, nn.Identity()]):
            normed.append(layer)
            if isinstance(layer, nn.ConvTranspose2d) and isinstance(following, nn.ReLU):
                normed.append(nn.BatchNorm2d(layer.out_channels))
        return nn.Sequential(*normed), discriminator

    return replace(game, networks=networks)


CHANGES = {
    "as tuned": Change(),
    "literal": Change({"networks": "literal"}),
    "batch 16, four times the updates": Change({"batch": 16}, times=4),
    "batches drawn with replacement": Change(rows=with_replacement),
    "real and generated rows in one batch": Change(game=one_batch),
    "no batch norm in the discriminator": Change({"batch_norm": False}),
    "spectral norm in the discriminator": Change({"batch_norm": False}, game=spectral),
    "batch norm in the whole generator": Change(game=normalised),
    "batch norm in the whole generator, translation": Change(
        {"augment": ("translation",)}, game=normalised
    ),
    "labels of 0.9": Change(game=smooth_labels),
    "noise of 0.1": Change(game=instance_noise),
    "rates 4e-4 and 1e-4": Change(game=unequal_rates),
    "rates 1e-3": Change({"learning_rate": 1e-3}),
    "rates 5e-5": Change({"learning_rate": 5e-5}),
    "latent 16": Change({"latent": 16}),
    "average of weights, 10,000 images": Change({"ema_halflife": 10_000}),
    "translation": Change({"augment": ("translation",)}),
    "translation, no batch norm in the discriminator": Change(
        {"augment": ("translation",), "batch_norm": False}
    ),
    "translation, cutout, colour": Change({"augment": ("translation", "cutout", "colour")}),
}


def main(
    names: Annotated[list[str] | None, typer.Argument(help="changes to run; default: all")] = None,
    n: Annotated[int, typer.Option(help="training digits, without --data", min=4)] = 64,
    data: Annotated[Path | None, typer.Option(help="subset to train on; default: digits")] = None,
    width: Annotated[float, typer.Option(help="width relative to the tables")] = 1.0,
    batch: Annotated[int, typer.Option(help="real rows per step", min=2)] = 64,
    updates: Annotated[int, typer.Option(help="generator updates", min=1)] = 1500,
    samples: Annotated[int, typer.Option(help="samples judged at each moment", min=2)] = 256,
    moments: Annotated[int, typer.Option(help="moments judged, the last ones", min=1)] = 2,
) -> None:
    """Train, judge and print."""
    for name in names or []:
        if name not in CHANGES:
            raise unknown("change", name, list(CHANGES))
    source = SOURCES.lookup("mnist")
    subset = Subset.load(data) if data else draw(source, source.settings(), "train", n, 0)
    spread = subset.data.std(axis=0).mean()
    references = {"train": Reference.of(subset)}
    store = Features()

    def judge(name: str, update: object, rows: np.ndarray) -> None:
        found = evaluate(rows, references, METRICS, store, 0)
        values = [f"{found[metric]['value']:.4g}" for metric in METRICS]
        reached = len(np.unique(ssim_matrix(rows, subset.data).argmax(axis=1)))
        differ = f"{rows.std(axis=0).mean() / spread:.2f}"
        of_all = f"{reached} of {len(subset.data)}"
        print(_markdown.line(name, update, *values, of_all, differ), flush=True)

    print(_markdown.head("change", "updates", *METRICS, "nearest images", "deviation"))
    if data is None:
        other = draw(source, source.settings(), "heldout", samples, 0)
        judge("held-out digits", "", other.data)
    for name in names or CHANGES:
        change = CHANGES[name]
        common = {"networks": "tuned", "width": width, "batch": batch, "snapshots": 30}
        common |= {"updates": change.times * updates, "snapshot_rows": samples}
        settings = DcganSettings(**(common | dict(change.settings)))
        players = change.game(game(settings, subset.data.shape[1:]))
        job = Job(change.rows(subset), settings, 0, 0, 1)
        trajectory = train(job, players).trajectory
        last = zip(trajectory.iterations[-moments:], trajectory.data[-moments:], strict=True)
        for update, rows in last:
            judge(name, update, rows)


COMMANDS = (main,)
