"""FID against AM-SSIM along the training: where a run stops decides its pair of numbers."""

from pathlib import Path

import numpy as np

from reporting.figures.group import Group
from reporting.figures.learning import read_columns
from reporting.figures.style import Axes, Figure, Pen, new

ACROSS, UP = "am_ssim", "fid_train"
LABELS = 4


def _path(axes: Axes, columns: dict[str, list[float]], pen: Pen, title: str) -> None:
    across, up = np.array(columns[ACROSS]), np.array(columns[UP])
    axes.plot(
        across,
        up,
        pen.linestyle,
        color=pen.color,
        marker=pen.marker,
        markersize=4,
        linewidth=1.2,
        label=title,
    )
    for i in np.unique(np.linspace(0, len(across) - 1, LABELS).round().astype(int)):
        axes.annotate(
            f"{columns['iteration'][i]:,.0f}",
            (across[i], up[i]),
            xytext=(4, 4),
            textcoords="offset points",
            fontsize=7,
            color="#444444",
        )


def draw(group: Group) -> Figure | None:
    """A path a method (its first run), iterations marked; None while no trajectory is evaluated."""
    found: dict[str, Path] = {
        method: path
        for method, runs in group.runs.items()
        for path in [runs[0].folder / "trajectory.csv"]
        if path.exists()
    }
    tables = {method: read_columns(path) for method, path in found.items()}
    tables = {m: t for m, t in tables.items() if {"iteration", ACROSS, UP} <= t.keys()}
    if not tables:
        return None
    figure, (axes,) = new(6.8, 5.0)
    for method, columns in tables.items():
        _path(axes, columns, group.pens[method], group.plan.title(method))
    axes.set_yscale("log")
    axes.set_xlabel("AM-SSIM: mean similarity to the nearest training image (1 = copies)")
    axes.set_ylabel("FID against the training images (log scale)")
    axes.set_title(f"{group.title}: quality along the training, iterations beside the markers")
    axes.legend()
    return figure
