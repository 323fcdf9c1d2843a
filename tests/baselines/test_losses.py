"""Losses and penalties compared with closed forms and small cases by hand."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from baselines import losses
from baselines.methods import stylegan2, wgan, wgan_gp

LOG2, LOG3, LOG5 = math.log(2), math.log(3), math.log(5)


def scores(*values):
    return torch.tensor(values, dtype=torch.float64)


# Scores log 2 and log 4 have sigmoids 2/3 and 4/5.
REAL, FAKE = scores(LOG2, 2 * LOG2), scores(-LOG2, 2 * LOG2)


@pytest.mark.parametrize(
    ("loss", "arguments", "value"),
    [
        # -(log 2/3 + log 4/5)/2 for the real, -(log 2/3 + log 1/5)/2 for the generated
        (losses.logistic, (REAL, FAKE), (math.log(3 / 2) * 2 + math.log(5 / 4) + LOG5) / 2),
        (losses.logistic, (scores(0.0), scores(0.0)), 2 * LOG2),
        # real - E[fake] has sigmoids 1/2 and 4/5, fake - E[real] 1/5 and 1/2
        (
            losses.relativistic_average,
            (scores(LOG2, 3 * LOG2), scores(0.0, 2 * LOG2)),
            LOG2 + math.log(5 / 4),
        ),
        (losses.minimax, (FAKE,), (math.log(2 / 3) - LOG5) / 2),
        (losses.non_saturating, (FAKE,), (LOG3 + math.log(5 / 4)) / 2),
        (losses.least_squares, (scores(1.0, 3.0), scores(0.0, -2.0)), (2 + 2) / 2),
        (losses.least_squares_to_real, (scores(1.0, -1.0),), 1.0),
        (losses.wasserstein, (scores(1.0, 3.0), scores(-1.0, 2.0)), 0.5 - 2.0),
        (losses.negative_score, (scores(-1.0, 2.0),), -0.5),
        (losses.hinge, (scores(2.0, -1.0), scores(-3.0, 0.5)), 2 / 2 + 1.5 / 2),
    ],
)
def test_a_loss_has_its_hand_worked_value(loss, arguments, value):
    assert loss(*arguments).item() == pytest.approx(value, rel=1e-12)


def test_logistic_losses_stay_finite_and_keep_their_slope_far_out():
    far = scores(-800.0).requires_grad_(True)
    loss = losses.non_saturating(far)
    loss.backward()
    assert loss.item() == pytest.approx(800)
    assert far.grad.item() == pytest.approx(-1)


def test_the_saturating_loss_has_no_slope_where_the_discriminator_is_sure():
    sure = scores(-40.0).requires_grad_(True)
    losses.minimax(sure).backward()
    assert abs(sure.grad.item()) < 1e-15


class Linear(nn.Module):
    """f(x) = w . x over every row."""

    def __init__(self, weight):
        super().__init__()
        self.weight = nn.Parameter(weight)

    def forward(self, x):
        return (x * self.weight).flatten(1).sum(dim=1)


@pytest.mark.parametrize("shape", [(2,), (3, 4, 4)])
@pytest.mark.parametrize("norm", [0.0, 1.0, 2.5])
def test_the_gradient_penalty_of_a_linear_critic_is_its_norm_less_one_squared(shape, norm):
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(shape, dtype=torch.float64, generator=generator)
    critic = Linear(weight / weight.norm() * norm)
    real, fake = torch.randn(2, 5, *shape, dtype=torch.float64, generator=generator)
    penalty = wgan_gp.gradient_penalty(critic, real, fake)
    assert penalty.item() == pytest.approx((norm - 1) ** 2, abs=1e-12)
    if norm:  # d (|w| - 1)^2 / dw = 2 (|w| - 1) w / |w|
        penalty.backward()
        expected = 2 * (norm - 1) * critic.weight / norm
        assert torch.allclose(critic.weight.grad, expected, atol=1e-10)


def test_the_gradient_penalty_looks_between_real_and_generated_rows():
    seen = []

    def critic(x):
        seen.append(x.detach())
        return x.sum(dim=1)

    real, fake = torch.zeros(400, 2), torch.ones(400, 2) * torch.tensor([1.0, 3.0])
    wgan_gp.gradient_penalty(critic, real, fake)
    (between,) = seen
    share = between[:, 0]
    assert torch.allclose(between[:, 1], 3 * share, atol=1e-6)
    assert 0 <= share.min() < 0.05 < 0.95 < share.max() <= 1
    assert share.mean().item() == pytest.approx(0.5, abs=0.06)


def test_r1_of_a_quadratic_is_its_squared_gradient():
    """D(x) = a |x|^2 / 2 has gradient a x: R1 is a^2 mean |x|^2."""
    real = torch.randn(6, 3, 4, 4, dtype=torch.float64)
    penalty = stylegan2.r1_penalty(lambda x: 1.5 * x.square().flatten(1).sum(dim=1) / 2, real)
    expected = 1.5**2 * real.square().flatten(1).sum(dim=1).mean()
    assert penalty.item() == pytest.approx(expected.item(), rel=1e-12)


class LinearGenerator(nn.Module):
    """Images that are a matrix times the sum over layers of a style."""

    def __init__(self, matrix, layers):
        super().__init__()
        self.matrix, self.layers = nn.Parameter(matrix), layers
        self.register_buffer("path_mean", torch.zeros((), dtype=matrix.dtype))

    def styles(self, z):
        return z[:, None].repeat(1, self.layers, 1)

    def synthesis(self, styles):
        return (styles.sum(dim=1) @ self.matrix).reshape(len(styles), 1, 2, 2)


def test_the_path_length_of_a_linear_generator_is_that_of_its_matrix(monkeypatch):
    matrix = torch.randn(3, 4, dtype=torch.float64)
    generator = LinearGenerator(matrix, layers=5)
    noise = torch.randn(6, 1, 2, 2, dtype=torch.float64)
    monkeypatch.setattr(torch, "randn_like", lambda rows: noise)
    z = torch.randn(6, 3, dtype=torch.float64).requires_grad_(True)
    penalty = stylegan2.path_penalty(generator, z)
    # 2 x 2 pixels: the noise is scaled by 1/2, and every layer has the same gradient.
    lengths = (noise.reshape(6, 4) / 2 @ matrix.t()).norm(dim=1)
    mean = 0.01 * lengths.mean()
    assert generator.path_mean.item() == pytest.approx(mean.item(), rel=1e-12)
    assert penalty.item() == pytest.approx(((lengths - mean) ** 2).mean().item(), rel=1e-10)
    penalty.backward()
    assert generator.matrix.grad.abs().sum() > 0


def test_paths_that_are_not_finite_leave_the_mean_of_the_lengths():
    generator = LinearGenerator(torch.randn(3, 4), layers=5)
    assert stylegan2.path_penalty(generator, torch.randn(6, 3, requires_grad=True)).isfinite()
    mean = generator.path_mean.item()
    with torch.no_grad():
        generator.matrix[0, 0] = torch.nan
    assert stylegan2.path_penalty(generator, torch.randn(6, 3, requires_grad=True)).isnan()
    assert generator.path_mean.item() == mean > 0


def test_clipping_bounds_every_weight_and_leaves_small_ones():
    critic = nn.Linear(3, 2)
    with torch.no_grad():
        critic.weight.copy_(torch.tensor([[0.5, -0.5, 0.005], [0.0, -0.01, 2.0]]))
    wgan.clip_weights(critic, 0.01)
    expected = [[0.01, -0.01, 0.005], [0.0, -0.01, 0.01]]
    assert np.allclose(critic.weight.detach(), expected)
    assert critic.bias.abs().max() <= 0.01
