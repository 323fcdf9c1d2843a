"""Complete updates of every method, computed again by hand in float64.

Penalties, clipping, averages and running statistics are written again here from the papers'
equations with plain autograd; networks, losses and optimisers are in `by_hand`. StyleGAN2's
networks are those of the room; test_stylegan2.py tests them.
"""

import copy
import importlib
from math import sqrt

import numpy as np
import pytest
import torch

from baselines import augment
from baselines.players import Players
from baselines.reproducible import reproducible
from baselines.sampling import generate
from suite.protocol.method import METHODS
from suite.protocol.seeds import stream
from suite.protocol.settings import parse
from tests.baselines.by_hand import (
    Adam,
    RmsProp,
    cross_entropy,
    difference,
    discriminator_by_hand,
    generator_by_hand,
    minus_mean,
    non_saturating,
    relativistic_average,
    relu,
    sigmoid,
)

UPDATES, BATCH, ROWS = 3, 4, 6
COLOUR, DIGITS, POINTS = (16, 16, 3), (28, 28, 1), (2,)
ENTRIES = METHODS["baselines"]


@pytest.fixture(autouse=True)
def in_float64(monkeypatch):
    """Some modules of the room convert to float32 by name. Here they convert to float64."""
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


class Rule:
    """The update rule of a method's paper, with the constants of GA-NTK's Table 6."""

    def __init__(self, loss_d, loss_g, optimiser_d, optimiser_g=None, n_dis=1, **more):
        self.loss_d, self.loss_g, self.n_dis = loss_d, loss_g, n_dis
        self.optimiser_d, self.optimiser_g = optimiser_d, optimiser_g or optimiser_d
        self.norms = more.get("norms", True)
        self.clip, self.penalty, self.r1 = more.get("clip"), more.get("penalty"), more.get("r1")
        self.halflife, self.paired = more.get("halflife"), more.get("paired")


RULES = {
    "gan": Rule(cross_entropy, non_saturating, lambda: Adam(2e-4, 0.5, 0.999)),
    "dcgan": Rule(cross_entropy, non_saturating, lambda: Adam(2e-4, 0.5, 0.999)),
    "lsgan": Rule(
        lambda real, fake: 0.5 * ((real - 1) ** 2).mean() + 0.5 * (fake**2).mean(),
        lambda fake: 0.5 * ((fake - 1) ** 2).mean(),
        lambda: Adam(2e-4, 0.5, 0.999),
    ),
    "ragan": Rule(
        relativistic_average,
        lambda real, fake: relativistic_average(fake, real),
        lambda: Adam(2e-4, 0.5, 0.999),
        paired=True,
    ),
    "wgan": Rule(difference, minus_mean, lambda: RmsProp(5e-5), n_dis=5, clip=0.01),
    "wgan-gp": Rule(
        difference, minus_mean, lambda: Adam(1e-4, 0.5, 0.9), n_dis=5, penalty=10.0, norms=False
    ),
    "sngan": Rule(
        lambda real, fake: relu(1 - real).mean() + relu(1 + fake).mean(),
        minus_mean,
        lambda: Adam(1e-4, 0.9, 0.999),
        n_dis=5,
        norms=False,
    ),
    # The discriminator's Adam for 16 steps of the loss and one of R1 (Karras et al., 2020, app. B).
    "stylegan2": Rule(
        cross_entropy,
        non_saturating,
        lambda: Adam(2e-3 * 16 / 17, 0.0, 0.99 ** (16 / 17)),
        lambda: Adam(2e-3, 0.0, 0.99),
        r1=(10.0, 16),
        halflife=10_000,
    ),
}


def listed(network):
    """Weights and biases of the layers in order. A normalised weight is the learnt one."""
    found = []
    for module in network.modules():
        if "parametrizations" in module._modules:
            found += [module.parametrizations.weight.original, module.bias]
        elif "weight" in module._parameters:
            found += [p for p in (module.weight, module.bias) if p is not None]
    return found


def copied(network):
    return [p.detach().clone().requires_grad_(True) for p in listed(network)]


def rows_of(shape):
    random = np.random.default_rng(0)
    if shape == POINTS:
        data = random.random((ROWS, 2))
        return data, torch.from_numpy(data)
    data = random.integers(0, 256, (ROWS, *shape), np.uint8)
    unit = torch.from_numpy(data.astype(np.float64)).permute(0, 3, 1, 2) / 255
    return data, unit if shape[2] == 1 else 2 * unit - 1


def batches_of(rows):
    """Batches from one permutation of the rows after another, without gaps."""
    order = np.concatenate([stream("batches", 7, e).permutation(ROWS) for e in range(40)])
    for first in range(0, len(order), BATCH):
        yield rows[order[first : first + BATCH].tolist()]


def gradient_penalty(critic, real, fake):
    share = torch.rand(BATCH, *[1] * (real.ndim - 1))
    between = (share * real + (1 - share) * fake).detach().requires_grad_(True)
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return ((sqrt_of_squares(slope) - 1) ** 2).mean()


def sqrt_of_squares(x):
    return (x**2).flatten(1).sum(dim=1).sqrt()


def played_by_hand(rule, shape, players, judge, make, latent, change, updates):
    """Parameters of the generator and critic, their average, and (losses, norm) of every update."""
    _, rows = rows_of(shape)
    batches = batches_of(rows)
    d, g = copied(players.discriminator), copied(players.generator)
    average = [p.detach().clone() for p in g]
    adam_d, adam_g = rule.optimiser_d(), rule.optimiser_g()
    measured, steps = [], 0
    for number in range(1, updates + 1):
        losses = []
        for _ in range(rule.n_dis):
            steps += 1
            real = change(next(batches))
            fake = change(make(g, torch.randn(BATCH, latent)).detach())
            loss = rule.loss_d(judge(d, real), judge(d, fake))
            if rule.penalty:
                loss = loss + rule.penalty * gradient_penalty(lambda x: judge(d, x), real, fake)
            losses.append(loss.item())
            adam_d.step(d, torch.autograd.grad(loss, d))
            if rule.clip:
                for p in d:
                    p.data = p.data.sign() * p.data.abs().where(p.data.abs() < rule.clip, rule.clip)
            if rule.r1 and steps % rule.r1[1] == 0:
                gamma, every = rule.r1
                x = real.detach().requires_grad_(True)
                (slope,) = torch.autograd.grad(judge(d, x).sum(), x, create_graph=True)
                r1 = every * gamma / 2 * (sqrt_of_squares(slope) ** 2).mean()
                adam_d.step(d, torch.autograd.grad(r1, d, allow_unused=True))
        fake = change(make(g, torch.randn(BATCH, latent)))
        scores = [judge(d, x) for x in ([real, fake] if rule.paired else [fake])]
        loss = rule.loss_g(*scores)
        gradients = torch.autograd.grad(loss, g)
        norm = sqrt(sum(float((q**2).sum()) for q in gradients))
        adam_g.step(g, gradients)
        if rule.halflife:
            halflife = min(rule.halflife, 0.05 * BATCH * number)
            kept = 0.5 ** (BATCH / halflife)
            average = [kept * a + (1 - kept) * p.detach() for a, p in zip(average, g, strict=True)]
        measured.append([sum(losses) / len(losses), loss.item(), norm])
    return d, g, average if rule.halflife else g, measured


def check(ours, expected, tolerance=1e-9):
    assert len(ours) == len(expected)
    for mine, theirs in zip(ours, expected, strict=True):
        assert mine.shape == theirs.shape
        assert (mine - theirs).abs().max() <= tolerance


def game_of(name):
    return importlib.import_module(ENTRIES.module_of(name)).game


CASES = [(name, POINTS, {}) for name in RULES]
CASES += [(name, COLOUR, {}) for name in RULES if name != "stylegan2"]
CASES += [
    ("dcgan", DIGITS, {}),
    ("dcgan", DIGITS, {"networks": "tuned"}),
    ("dcgan", POINTS, {"networks": "tuned"}),
    ("dcgan", COLOUR, {"augment": ["translation"]}),
    ("ragan", COLOUR, {"augment": ["translation"], "n_dis": 2}),
    ("wgan-gp", COLOUR, {"augment": ["translation"]}),
    ("gan", POINTS, {"loss": "minimax"}),
]


@pytest.mark.parametrize(("name", "shape", "settings"), CASES, ids=str)
def test_updates_are_those_worked_out_by_hand(name, shape, settings):
    rule, tuned = copy.copy(RULES[name]), settings.get("networks") == "tuned"
    latent = 2 if tuned and shape == POINTS else 64
    updates = 17 if rule.r1 else 1 if shape == DIGITS else UPDATES
    if settings.get("loss") == "minimax":
        rule = Rule(cross_entropy, lambda fake: (1 - sigmoid(fake)).log().mean(), rule.optimiser_d)
    change = {
        (): lambda rows: rows,
        ("translation",): lambda rows: augment.translation((rows + 1) / 2) * 2 - 1,
    }[tuple(settings.get("augment", ()))]
    rule.n_dis = settings.get("n_dis", rule.n_dis)
    resolved = parse(ENTRIES.entries[name].settings, {"batch": BATCH, **settings}, name)
    with reproducible("wiring"):
        data, _ = rows_of(shape)
        players = Players(game_of(name)(resolved, shape), resolved, data, 7)
        spectral = None
        if name == "sngan":
            layers = [m for m in players.discriminator if "parametrizations" in m._modules]
            norms = [m.parametrizations.weight[0] for m in layers]
            spectral = [(m._u.clone(), m._v.clone()) for m in norms]
        make = generator_by_hand(shape, tuned)
        judge = discriminator_by_hand(shape, rule.norms, not tuned, spectral)
        state = torch.get_rng_state()
        d, g, sampled, expected = played_by_hand(
            rule, shape, players, judge, make, latent, change, updates
        )
        torch.set_rng_state(state)
        measured = [players.update(number) for number in range(1, updates + 1)]
        assert np.allclose(measured, expected, rtol=1e-7, atol=1e-9)
        check(listed(players.discriminator), d)
        check(listed(players.generator), g)
        check(listed(players.sampled), sampled)
        # Samples use the running statistics of all passes, and do not change them.
        z = torch.randn(5, latent)
        rows = make(sampled, z, sampling=True).detach()
        drawn = torch.from_numpy(generate(players.sampled, z))
        if shape == POINTS:
            check([drawn], [rows], 1e-8)
        else:
            unit = rows if shape[2] == 1 else (rows + 1) / 2
            levels = (unit * 255).permute(0, 2, 3, 1)
            assert (drawn - levels).abs().max() <= 0.5 + 1e-6
        assert players.generator.training
        assert players.discriminator.training


@pytest.mark.parametrize("shape", [(16, 16, 1), COLOUR], ids=str)
def test_updates_of_stylegan2_for_images_are_those_worked_out_by_hand(shape):
    """Penalties assume pixels in [-1, 1]. For grey pixels, in [0, 1], their weights are adapted."""
    entry = ENTRIES.entries["stylegan2"]
    small = {"channel_max": 4, "style": 6, "mapping_layers": 2, "path_every": 2, "r1_every": 2}
    settings = parse(entry.settings, {"batch": BATCH, "latent": 5, **small}, "stylegan2")
    stretch = 2 if shape[2] == 1 else 1
    gamma, weight = 0.0002 * 16**2 / BATCH, 2.0
    with reproducible("wiring"):
        data, rows = rows_of(shape)
        players = Players(game_of("stylegan2")(settings, shape), settings, data, 7)
        generator, critic = (copy.deepcopy(n) for n in (players.generator, players.discriminator))
        average = [p.detach().clone() for p in generator.parameters()]
        state = torch.get_rng_state()
        g, d = list(generator.parameters()), list(critic.parameters())
        adam_d = Adam(2e-3 * 2 / 3, 0.0, 0.99 ** (2 / 3))
        adam_g = Adam(2e-3 * 2 / 3, 0.0, 0.99 ** (2 / 3))

        def step(adam, loss, parameters):
            adam.step(parameters, torch.autograd.grad(loss, parameters, allow_unused=True))

        batches, path_mean = batches_of(rows), 0.0
        for number in range(1, 5):
            real = next(batches)
            fake = generator(torch.randn(BATCH, 5)).detach()
            step(adam_d, cross_entropy(critic(real), critic(fake)), d)
            if number % 2 == 0:
                x = real.clone().requires_grad_(True)
                (slope,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
                # d/dx of a pixel y = 2x - 1 is half of that by x.
                step(adam_d, 2 * gamma / 2 * ((slope / stretch) ** 2).sum() / BATCH, d)
            step(adam_g, non_saturating(critic(generator(torch.randn(BATCH, 5)))), g)
            if number % 2 == 0:
                styles = generator.styles(torch.randn(BATCH, 5)[: BATCH // 2])
                images = generator.synthesis(styles)
                noise = torch.randn_like(images) / 16  # the root of 16 x 16 pixels
                (slope,) = torch.autograd.grad((images * noise).sum(), styles, create_graph=True)
                lengths = (slope**2).sum(dim=2).mean(dim=1).sqrt()
                path_mean += 0.01 * (lengths.detach().mean() - path_mean)
                penalty = ((stretch * (lengths - path_mean)) ** 2).mean()
                step(adam_g, 2 * weight * penalty, g)
            kept = 0.5 ** (BATCH / min(10_000, 0.05 * BATCH * number))
            average = [kept * a + (1 - kept) * p.detach() for a, p in zip(average, g, strict=True)]
        torch.set_rng_state(state)
        for number in range(1, 5):
            players.update(number)
        check(list(players.discriminator.parameters()), d)
        check(list(players.generator.parameters()), g)
        check(list(players.sampled.parameters()), average)
        assert players.sampled.path_mean.item() == pytest.approx(float(path_mean), rel=1e-9)
