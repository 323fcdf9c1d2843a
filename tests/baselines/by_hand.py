"""Networks, optimisers and losses of the baselines, written again from the papers' equations.

The networks are those of the GA-NTK paper, Tables 3 to 5 and section 4.2; the optimisers are those
of its Table 6.
"""

from itertools import count

import torch
from torch.nn import functional as F

DIGITS, POINTS = (28, 28, 1), (2,)


def leaky(x):
    return F.leaky_relu(x, 0.2)


def relu(x):
    return torch.where(x > 0, x, 0 * x)


class Norm:
    """Batch norm with the batch's statistics; running statistics (momentum 0.1) for sampling."""

    def __init__(self):
        self.running = {}

    def __call__(self, x, weight, bias, place, sampling):
        axes = [axis for axis in range(x.ndim) if axis != 1]
        mean, var = x.mean(dim=axes), x.var(dim=axes, correction=0)
        old = self.running.get(place, (torch.zeros_like(mean), torch.ones_like(var)))
        if sampling:
            mean, var = old
        else:
            new = mean.detach(), x.detach().var(dim=axes, correction=1)
            self.running[place] = tuple(0.9 * o + 0.1 * n for o, n in zip(old, new, strict=True))
        shape = [1, -1, *[1] * (x.ndim - 2)]
        mean, var, weight, bias = (v.reshape(shape) for v in (mean, var, weight, bias))
        return (x - mean) / (var + 1e-5).sqrt() * weight + bias


def generator_by_hand(shape, tuned=False):
    """(parameters in order, latents, sampling) -> rows."""
    statistics = Norm()

    def forward(parameters, x, sampling=False):
        p, place = iter(parameters), count()

        def norm(x):
            return relu(statistics(x, next(p), next(p), next(place), sampling))

        def dense(x):
            return x @ next(p).t()

        def up(x):
            return F.conv_transpose2d(x, next(p), stride=2, padding=1)

        def bias(x):
            return x + next(p).reshape(1, -1, *[1] * (x.ndim - 2))

        if shape == POINTS:
            for _ in range(2):
                x = norm(dense(x)) if tuned else relu(bias(dense(x)))
            x = bias(dense(x))
            return 1 / (1 + torch.exp(-x)) if tuned else x
        if shape == DIGITS:  # GA-NTK paper, Table 3
            x = norm(dense(norm(dense(x)))).reshape(-1, 128, 7, 7)
            return 1 / (1 + torch.exp(-bias(up(norm(up(x))))))
        x = norm(dense(x)).reshape(-1, 448, 2, 2)  # GA-NTK paper, Table 4, for a smaller side
        return torch.tanh(bias(up(relu(bias(up(norm(up(x))))))))

    return forward


def discriminator_by_hand(shape, norms=True, dense_norm=True, spectral=None):
    """(parameters in order, rows) -> scores.

    spectral: vectors (u, v) for every layer with a weight; None without spectral norm. Each pass
    moves them towards the singular vectors of the largest singular value.
    """
    statistics = Norm()

    def forward(parameters, x):
        p, place, layer = iter(parameters), count(), count()

        def weight():
            w = next(p)
            if spectral is None:
                return w
            flat, number = w.flatten(1), next(layer)
            with torch.no_grad():
                u = flat @ spectral[number][1]
                u = u / u.norm()
                v = flat.t() @ u
                v = v / v.norm()
            spectral[number] = u, v
            return w / (u @ flat @ v)

        def norm(x):
            return leaky(statistics(x, next(p), next(p), next(place), False))

        def bias(x):
            return x + next(p).reshape(1, -1, *[1] * (x.ndim - 2))

        def down(x):
            return F.conv2d(x, weight(), stride=2, padding=1)

        def dense(x):
            return x @ weight().t()

        if shape == POINTS:
            return bias(dense(leaky(bias(dense(leaky(bias(dense(x)))))))).flatten()
        x = down(leaky(bias(down(x))))
        x = norm(x) if norms else leaky(bias(x))
        x = x.flatten(1)
        if shape == DIGITS:
            x = dense(x)
            x = norm(x) if norms and dense_norm else leaky(bias(x))
        return bias(dense(x)).flatten()

    return forward


class Adam:
    """Kingma & Ba (2015), Algorithm 1. Without a gradient a parameter and its moments stay."""

    def __init__(self, rate, beta1, beta2):
        self.rate, self.beta1, self.beta2 = rate, beta1, beta2
        self.moments = {}

    def step(self, parameters, gradients):
        for i, (p, g) in enumerate(zip(parameters, gradients, strict=True)):
            if g is None:
                continue
            t, m, v = self.moments.get(i, (0, 0 * g, 0 * g))
            t += 1
            m = self.beta1 * m + (1 - self.beta1) * g
            v = self.beta2 * v + (1 - self.beta2) * g * g
            self.moments[i] = t, m, v
            root = (v / (1 - self.beta2**t)).sqrt()
            p.data -= self.rate * m / (1 - self.beta1**t) / (root + 1e-8)


class RmsProp:
    """Steps by the root of the mean square, decay 0.99, without momentum (Tieleman & Hinton)."""

    def __init__(self, rate):
        self.rate, self.v = rate, None

    def step(self, parameters, gradients):
        self.v = self.v or [0 * g for g in gradients]
        for i, (p, g) in enumerate(zip(parameters, gradients, strict=True)):
            self.v[i] = 0.99 * self.v[i] + 0.01 * g * g
            p.data -= self.rate * g / (self.v[i].sqrt() + 1e-8)


def sigmoid(x):
    return 1 / (1 + torch.exp(-x))


def cross_entropy(real, fake):
    return -sigmoid(real).log().mean() - (1 - sigmoid(fake)).log().mean()


def non_saturating(fake):
    return -sigmoid(fake).log().mean()


def relativistic_average(ours, theirs):
    """A player's loss: it wants its scores above the others' mean, and theirs below its own."""
    above, below = sigmoid(ours - theirs.mean()), sigmoid(theirs - ours.mean())
    return -above.log().mean() - (1 - below).log().mean()


def difference(real, fake):
    return fake.mean() - real.mean()


def minus_mean(fake):
    return -fake.mean()
