"""Trajectory strips: the same samples at log-spaced iterations (Fig. 3 of the paper)."""

import numpy as np
from matplotlib.figure import Figure

from reporting.figures.group import Group
from reporting.figures.style import new, show
from suite import paths
from suite.artefacts import Trajectory

MOMENTS = 9
SHOWN = 4


def draw(group: Group) -> Figure:
    """A row a method, a column a moment, four samples (or all points) each."""
    figure, axes = new(1.15 * MOMENTS + 0.4, 1.42 * len(group.runs) + 0.4, len(group.runs), MOMENTS)
    figure.suptitle(f"{group.title}: samples along the training, under their iteration")
    for i, (method, runs) in enumerate(group.runs.items()):
        trajectory = Trajectory.load(runs[0].part / paths.TRAJECTORY)
        moments = np.linspace(0, len(trajectory.data) - 1, MOMENTS).round().astype(int)
        row = axes[i * MOMENTS : (i + 1) * MOMENTS]
        for one, moment in zip(row, moments, strict=True):
            rows = trajectory.data[moment]
            show(one, rows[:SHOWN] if rows.ndim == 4 else rows, 2, group.pens[method].color)
            one.set_title(f"{trajectory.iterations[moment]:,}", fontsize=8, pad=2)
            one.set(xticks=[], yticks=[])
        row[0].axis("on")
        row[0].set_ylabel(group.plan.title(method))
        for side in row[0].spines.values():
            side.set_visible(False)
    return figure
