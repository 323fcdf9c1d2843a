"""FID against AM-SSIM along the training: where a run stops decides its pair of numbers."""

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reporting.controls import FLOOR
from reporting.figures.group import Group
from reporting.figures.style import REAL, Pen, new
from reporting.trajectories import Judged, trajectories

ACROSS, UP = "am_ssim", "fid_train"
LABELS = 4


class Point(NamedTuple):
    """A judged snapshot; rows is how many it holds."""

    iteration: int
    across: float
    up: float
    rows: int


def _points(snapshots: list[Judged]) -> list[Point]:
    """The snapshots that have both metrics."""
    return [
        Point(s.iteration, s.metrics[ACROSS], s.metrics[UP], s.rows)
        for s in snapshots
        if s.metrics.keys() >= {ACROSS, UP}
    ]


def _path(axes: Axes, points: list[Point], pen: Pen, title: str) -> None:
    axes.plot(
        [point.across for point in points],
        [point.up for point in points],
        pen.linestyle,
        color=pen.color,
        marker=pen.marker,
        markersize=4,
        linewidth=1.2,
        label=f"{title} ({points[-1].rows:,})",
    )
    for i in np.unique(np.linspace(0, len(points) - 1, LABELS).round().astype(int)):
        axes.annotate(
            f"{points[i].iteration:,}",
            (points[i].across, points[i].up),
            xytext=(4, 4),
            textcoords="offset points",
            fontsize=7,
            color="#444444",
        )


def _controls(axes: Axes, group: Group) -> None:
    """Real images of the first data seed: a star each, and the floor shaded.

    What a logarithmic axis cannot hold (the training images have FID 0) becomes a line.
    """
    for name, judged in group.controls.items():
        first = next(iter(judged.values()))
        metrics = first.metrics
        if ACROSS not in metrics or UP not in metrics:
            continue
        across, up = metrics[ACROSS].value, metrics[UP].value
        if across is None or up is None:
            continue
        title = f"{first.title} ({first.samples:,})"
        if up < 0.1:
            axes.axvline(across, color=REAL, linestyle=":", linewidth=1, label=title)
            continue
        axes.plot(across, up, "*" if name == FLOOR else "d", color=REAL, markersize=9, label=title)
        if name == FLOOR:
            low, high = axes.get_ylim()
            axes.axhspan(low, up, color="#9aa4b2", alpha=0.18, linewidth=0)
            axes.set_ylim(low, high)


def draw(group: Group) -> Figure | None:
    """A path a method (its first run), iterations marked; None while no trajectory is judged."""
    found = trajectories(group.runs)
    paths = {method: _points(snapshots) for method, snapshots in found.items()}
    if not any(paths.values()):
        return None
    figure, (axes,) = new(8.2, 4.8)
    for method, points in paths.items():
        if points:
            _path(axes, points, group.pens[method], group.plan.title(method))
    axes.set_yscale("log")
    _controls(axes, group)
    axes.set_xlabel("AM-SSIM: mean similarity to the nearest training image (1 = copies)")
    axes.set_ylabel("FID against the training images (log scale)")
    axes.set_title(f"{group.title}: quality along the training, iterations beside the markers")
    figure.legend(loc="outside right upper", title="in brackets: rows judged")
    return figure
