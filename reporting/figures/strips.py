"""Trajectory strips: the same samples at log-spaced iterations (Fig. 3 of the paper)."""

import numpy as np
from matplotlib.figure import Figure

from reporting.figures.group import Group
from reporting.figures.style import blank, new, show
from suite.protocol.artefacts import Trajectory
from suite.running import paths

MOMENTS = 9
SAMPLES = 4


def moments(trajectory: Trajectory, most: int = MOMENTS) -> np.ndarray:
    """Positions of the snapshots to show: evenly spaced, each iteration once."""
    _, distinct = np.unique(trajectory.iterations, return_index=True)
    places = np.linspace(0, len(distinct) - 1, min(most, len(distinct)))
    return np.asarray(distinct[places.round().astype(int)])


def draw(group: Group) -> Figure:
    """One row per method, one column per snapshot, with four samples (or all points) each."""
    found = {
        method: Trajectory.load(run.part / paths.TRAJECTORY) for method, run in group.firsts.items()
    }
    shown = {method: moments(trajectory) for method, trajectory in found.items()}
    across = max(map(len, shown.values()))
    figure, axes = new(1.15 * across + 0.4, 1.42 * len(found) + 0.4, len(found), across)
    figure.suptitle(f"{group.title}: samples along the training, under their iteration")
    for i, (method, trajectory) in enumerate(found.items()):
        here, row = shown[method], axes[i * across : (i + 1) * across]
        for one, moment in zip(row, here, strict=False):
            rows = trajectory.data[moment]
            color = group.pens[method].color
            show(one, rows[:SAMPLES] if rows.ndim == 4 else rows, 2, color, group.square)
            one.set_title(f"{trajectory.iterations[moment]:,}", fontsize=8, pad=2)
            one.set(xticks=[], yticks=[])
        blank(row[len(here) :])
        row[0].axis("on")
        row[0].set_ylabel(group.plan.title(method))
        for side in row[0].spines.values():
            side.set_visible(False)
    return figure
