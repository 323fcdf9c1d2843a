"""What all figures share: their style, the colour of each method, and reproducible files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib import rcdefaults, rcParams
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from reporting.plan import Plan
from reporting.published import read_published
from suite.running.files import making

# Searched so that each is at least 3:1 against white, and that any two are far apart for readers
# with any colour vision (tests/reporting/test_figures_style.py measures both).
PALETTE = (
    *("#1595FF", "#AA0000", "#005540", "#BF8055", "#BF00AA"),
    *("#0015AA", "#959500", "#EA4080", "#402A55"),
)
MARKERS = "osv^DPX*p"
LINES = ("-", "--", ":")
REAL = "#444444"
EDGE = "#888888"
GRID = "#e4e6ea"
SHADE = "#9aa4b2"
# A user's own matplotlibrc must not change our files.
rcdefaults()
rcParams.update(
    {
        "font.family": "DejaVu Sans",
        "font.size": 9,
        "axes.titlesize": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": EDGE,
        "axes.grid": True,
        "grid.color": GRID,
        "grid.linewidth": 0.6,
        "legend.frameon": False,
        "figure.dpi": 150,
        "svg.hashsalt": "gantk-bench",
    }
)


@dataclass(frozen=True)
class Pen:
    """The line and marker of a method, equal in all figures."""

    color: str
    marker: str
    linestyle: str


def pens(plan: Plan) -> Mapping[str, Pen]:
    """One pen per registered method, the paper's first. They do not depend on the plan."""
    paper = [method for _, _, method, _ in read_published("table1")]
    methods = dict.fromkeys([*paper, *plan.methods, *(cell.method for cell in plan.cells)])
    return {
        name: Pen(
            PALETTE[i % len(PALETTE)],
            MARKERS[i % len(MARKERS)],
            LINES[i // len(PALETTE) % len(LINES)],
        )
        for i, name in enumerate(methods)
    }


def new(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Figure, list[Axes]]:
    """A figure of width x height inches and its axes, row by row."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure, list(figure.subplots(rows, columns, squeeze=False).flat)


def panels(count: int, most: int, width: float, height: float) -> tuple[Figure, list[Axes]]:
    """A figure with `count` panels of width x height inches, at most `most` in a row."""
    across = min(most, count)
    down = -(-count // across)
    figure, axes = new(width * across, height * down + 0.3, down, across)
    blank(axes[count:])
    return figure, axes[:count]


def line(
    axes: Axes, points: Sequence[tuple[float, float]], pen: Pen, size: float, label: str
) -> None:
    """Draw the line of a method through points (x, y), with a marker of `size` points at each."""
    x, y = [x for x, _ in points], [y for _, y in points]
    axes.plot(x, y, **vars(pen), markersize=size, linewidth=1.2, label=label)


def legend_beside(figure: Figure, axes: Axes, title: str) -> float:
    """Add a legend of `axes` to the right of all axes, and widen the figure for it.

    The axes keep their width. Returns the centre of the old figure, as a share of the new width.
    """
    entries = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    legend = figure.legend(entries.values(), entries.keys(), loc="outside right upper", title=title)
    width, height = figure.get_size_inches()
    whole = width + legend.get_window_extent().width / figure.dpi
    figure.set_size_inches(whole, height)
    return float(width / whole / 2)


def save(figure: Figure, path: Path) -> None:
    """Write a figure as PNG and, beside it, as SVG. Equal figures give equal bytes.

    path: of the PNG.
    """
    for heading in figure.texts:
        heading.set_wrap(True)  # else a narrow figure cuts its heading off at both sides
    with making(path) as temporary:
        figure.savefig(temporary, format="png", metadata={"Software": None})
    with making(path.with_suffix(".svg")) as temporary:
        figure.savefig(temporary, format="svg", metadata={"Date": None, "Creator": None})


def tile(images: np.ndarray, columns: int) -> np.ndarray:
    """Images [N, H, W, C] uint8 as one picture [h, w, 4] uint8: `columns` a row, 1 pixel apart."""
    count, height, width, _ = images.shape
    rows = -(-count // columns)
    tiles = np.zeros((rows * columns, height + 1, width + 1, 4), np.uint8)
    tiles[:count, :height, :width, :3] = images
    tiles[:count, :height, :width, 3] = 255
    grid = tiles.reshape(rows, columns, height + 1, width + 1, 4).swapaxes(1, 2)
    return grid.reshape(rows * (height + 1), columns * (width + 1), 4)[:-1, :-1]


def square_of(real: np.ndarray) -> tuple[float, float]:
    """Limits of both axes for real points [n, 2].

    The unit square if they lie in or near it, else a square about 0 that holds them. For images
    the result has no meaning.
    """
    low, high = float(real.min()), float(real.max())
    side = 1.2 * max(-low, high)
    return (0.0, 1.0) if low > -0.5 and high < 1.5 else (-side, side)


def show(
    axes: Axes,
    rows: np.ndarray,
    columns: int,
    color: str = REAL,
    square: tuple[float, float] = (0.0, 1.0),
) -> None:
    """Draw images as a sheet, or 2-D points as a scatter in a square."""
    if rows.ndim == 2:
        axes.scatter(rows[:, 0], rows[:, 1], s=4, color=color, linewidths=0, alpha=0.6)
        ticks = [round(end, 1) for end in square]
        axes.set(xlim=square, ylim=square, aspect="equal", xticks=ticks, yticks=ticks)
    else:
        axes.imshow(tile(rows, columns), interpolation="nearest")
        axes.set_axis_off()


def blank(axes: Sequence[Axes]) -> None:
    """Hide axes that nothing was drawn on."""
    for one in axes:
        one.set_axis_off()
