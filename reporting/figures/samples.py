"""Sample sheets: real images beside those of each method (Figs. 1 and 12-14 of the paper)."""

from matplotlib.figure import Figure

from reporting.figures.group import Group
from reporting.figures.style import REAL, blank, new, show
from suite.protocol.artefacts import load_samples
from suite.running import paths

COLUMNS = 8
MOST_IMAGES = 64
POINTS = 2048


def draw(group: Group) -> Figure:
    """The first 64 training images, then the first 64 samples of each method's first run.

    If the subset is gone, the samples alone.
    """
    sheets, heading = [], "samples of each method"
    if group.real is not None:
        sheets.append(("real (training)", group.real, REAL))
        heading = f"real {'images' if group.real.ndim == 4 else 'points'} and {heading}"
    for method, run in group.firsts.items():
        samples = load_samples(run.part / paths.SAMPLES)
        sheets.append((group.label(method), samples, group.pens[method].color))
    down = -(-len(sheets) // (3 if len(sheets) % 3 == 0 else 4))
    across = -(-len(sheets) // down)
    figure, axes = new(3.1 * across, 3.35 * down, down, across)
    figure.suptitle(f"{group.title}: {heading}")
    for one, (title, rows, color) in zip(axes, sheets, strict=False):
        show(one, rows[: MOST_IMAGES if rows.ndim == 4 else POINTS], COLUMNS, color, group.square)
        one.set_title(title)
    blank(axes[len(sheets) :])
    return figure
