"""FID against AM-SSIM along the training: the stopping point of a run decides both numbers."""

from collections.abc import Collection, Sequence
from itertools import zip_longest

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.path import Path
from matplotlib.ticker import LogFormatter
from matplotlib.transforms import Bbox

from reporting.controls import FLOOR
from reporting.figures.group import Group
from reporting.figures.style import REAL, SHADE, legend_beside, line, new
from reporting.trajectories import Snapshot, trajectories

ACROSS, UP = "am_ssim", "fid_train"
PLACES = [(5, 4), (5, -10), (-5, 4), (-5, -10), (7, -3), (-7, -3), (0, 7), (0, -13)]
"""Where the label of a marker may stand, from the marker [points]; to its left, if negative."""
AROUND = 3
"""Space that a label keeps to markers, lines and other labels [pixels]."""


def _point(snapshot: Snapshot) -> tuple[float, float]:
    return snapshot.metrics[ACROSS], snapshot.metrics[UP]


def _label(figure: Figure, axes: Axes, paths: Collection[Sequence[Snapshot]]) -> None:
    """Write iterations beside the markers, beginning with the last of each path.

    A label that would cover another label, a marker or a line at every position is left out.
    """
    figure.draw_without_rendering()  # fixes all positions
    lines = [axes.transData.transform(list(map(_point, path))) for path in paths]
    markers = np.concatenate(lines)
    taken: list[Bbox] = []
    for snapshots in zip_longest(*(reversed(path) for path in paths)):
        for snapshot in filter(None, snapshots):
            for right, up in PLACES:
                text = axes.annotate(
                    f"{snapshot.iteration:,}",
                    _point(snapshot),
                    xytext=(right, up),
                    textcoords="offset points",
                    horizontalalignment=("center", "left", "right")[np.sign(right)],
                    fontsize=7,
                    color=REAL,
                )
                box = text.get_window_extent().padded(AROUND)
                inside = axes.bbox.containsx(box.x0) and axes.bbox.containsx(box.x1)
                crossed = any(Path(line).intersects_bbox(box, filled=False) for line in lines)
                if inside and not (
                    crossed or box.count_contains(markers) or box.count_overlaps(taken)
                ):
                    taken.append(box)
                    break
                text.remove()


def _controls(axes: Axes, group: Group) -> None:
    """Draw the controls of the first data seed as stars, and shade the region below the floor.

    A value that a logarithmic axis cannot show (training images have FID 0) becomes a line.
    """
    for name, judged in group.controls.items():
        first = next(iter(judged.values()))
        across, up = first.value(ACROSS), first.value(UP)
        if across is None or up is None:
            continue
        title = f"{first.title} ({first.samples:,})"
        if up < 0.1:
            axes.axvline(across, color=REAL, linestyle=":", linewidth=1, label=title)
            continue
        axes.plot(across, up, "*" if name == FLOOR else "d", color=REAL, markersize=9, label=title)
        if name == FLOOR:
            low, high = axes.get_ylim()
            axes.axhspan(low, up, color=SHADE, alpha=0.18, linewidth=0)
            axes.set_ylim(low, high)


def draw(group: Group) -> Figure | None:
    """One path per method (its first run) with marked iterations; None if none is judged yet."""
    paths = {}
    for method, snapshots in trajectories(group.runs).items():
        judged = [s for s in snapshots if s.metrics.keys() >= {ACROSS, UP}]
        if judged:
            paths[method] = judged
    if not paths:
        return None
    figure, (axes,) = new(5.6, 4.8)
    for method, path in paths.items():
        label = f"{group.plan.title(method)} ({path[-1].rows:,})"
        line(axes, list(map(_point, path)), group.pens[method], 4, label)
    axes.set_yscale("log")
    for place in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
        place(LogFormatter(labelOnlyBase=False, minor_thresholds=(2, 0.5)))
    _controls(axes, group)
    axes.set(
        title=f"{group.title}: quality along the training",
        xlabel="AM-SSIM: mean similarity to the nearest training image (1 = copies)",
        ylabel="FID against the training images (log scale)",
    )
    legend_beside(figure, axes, "in brackets: rows judged\nat the markers: iterations")
    _label(figure, axes, paths.values())
    return figure
