"""The loss of a descent, with samples of several stages above it (Figs. 3 and 11 of the paper)."""

import numpy as np
from matplotlib.figure import Figure

from reporting.figures.group import Group
from reporting.figures.strips import moments
from reporting.figures.style import EDGE, panels, tile
from reporting.trajectories import read_history
from suite.protocol.artefacts import Trajectory
from suite.running import paths

STAGES = 6
SIDE = 2
"""Images a side of the little sheet of a stage."""


def draw(group: Group) -> Figure | None:
    """One panel per method with a single loss; None if there is none, or if the rows are points."""
    found = {}
    for method, run in group.firsts.items():
        history = read_history(run.part / paths.HISTORY)
        trajectory = Trajectory.load(run.part / paths.TRAJECTORY)
        if "loss" in history and trajectory.data.ndim == 5:
            found[method] = history, trajectory
    if not found:
        return None
    figure, axes = panels(len(found), 2, 5.2, 3.4)
    figure.suptitle(f"{group.title}: loss, and samples at stages of the descent")
    for one, (method, (history, trajectory)) in zip(axes, found.items(), strict=True):
        color = group.pens[method].color
        losses = np.asarray(history["loss"])
        # Iterations count from 1, so that a logarithmic axis can show the start.
        places = np.asarray(history["iteration"]) + 1
        one.plot(places, losses, color=color, linewidth=1.1)
        one.set_xscale("log")
        stages = moments(trajectory, STAGES)
        for k, stage in enumerate(stages):
            iteration = trajectory.iterations[stage] + 1
            level = np.interp(iteration, places, losses)
            one.plot(iteration, level, "o", color=color, markersize=4)
            x = (k + 0.5) / len(stages)
            inset = one.inset_axes((x - 0.45 / len(stages), 1.04, 0.9 / len(stages), 0.3))
            inset.imshow(tile(trajectory.data[stage][: SIDE**2], SIDE), interpolation="nearest")
            inset.set(xticks=[], yticks=[])
            inset.set_title(f"{trajectory.iterations[stage]:,}", fontsize=7, pad=2)
            one.annotate(
                "",
                xy=(iteration, level),
                xytext=(x, 1.03),
                textcoords="axes fraction",
                arrowprops={"arrowstyle": "-", "color": EDGE, "linewidth": 0.5},
            )
        one.set_title(group.plan.title(method), pad=78)
        one.set(xlabel="iteration + 1", ylabel="loss")
    return figure
