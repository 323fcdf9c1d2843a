"""Samples over a square of a 2-D latent space (Fig. 20 of the paper)."""

import math

from matplotlib.figure import Figure

from reporting.figures.group import Group
from reporting.figures.style import new, show
from suite.protocol.artefacts import load_samples
from suite.running import paths


def draw(group: Group) -> Figure | None:
    """One sheet per method whose latent space was sampled on a grid; None if there is none."""
    files = group.having(paths.WALK)
    if not files:
        return None
    figure, axes = new(4.6 * len(files), 4.8, 1, len(files))
    figure.suptitle(f"{group.title}: over the latent square from -2 to 2")
    for one, (method, file) in zip(axes, files.items(), strict=True):
        images = load_samples(file)
        show(one, images, math.isqrt(len(images)))
        one.set_title(group.plan.title(method))
    return figure
