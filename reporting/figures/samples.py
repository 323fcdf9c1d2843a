"""Sample sheets: real images beside each method's (Figs. 1 and 12-14 of the paper)."""

from matplotlib.figure import Figure

from reporting.figures.group import Group
from reporting.figures.style import blank, new, show
from suite import paths
from suite.artefacts import Subset, load_samples

COLUMNS = 8
SHOWN = 64
POINTS = 2048


def draw(group: Group) -> Figure:
    """The first 64 training images, then the first 64 samples of each method's first run."""
    sheets = len(group.runs) + 1
    down = -(-sheets // (3 if sheets % 3 == 0 else 4))
    across = -(-sheets // down)
    figure, axes = new(3.1 * across, 3.35 * down, down, across)
    real = Subset.load(group.subset).data
    square = group.square
    kind = "images" if real.ndim == 4 else "points"
    figure.suptitle(f"{group.title}: real {kind} and samples of each method")
    show(axes[0], real[: SHOWN if real.ndim == 4 else POINTS], COLUMNS, square=square)
    axes[0].set_title("real (training)")
    for one, (method, runs) in zip(axes[1:], group.runs.items(), strict=False):
        samples = load_samples(runs[0].part / paths.SAMPLES)
        samples = samples[: SHOWN if samples.ndim == 4 else POINTS]
        show(one, samples, COLUMNS, group.pens[method].color, square)
        state = "" if runs[0].trained != "diverged" else " (diverged)"
        one.set_title(group.plan.title(method) + state)
    blank(axes[len(group.runs) + 1 :])
    return figure
