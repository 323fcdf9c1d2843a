"""The running minimum of the squared gradient against 1 / s (Theorem 3.1 of the paper)."""

import numpy as np
from matplotlib.figure import Figure

from reporting.figures.group import Group
from reporting.figures.learning import read_columns
from reporting.figures.style import REAL, new
from suite import paths

THEOREM = {"optimiser": "gradient-descent", "objective": "half_square", "schedule": "constant"}
"""What the theorem is about: plain gradient descent on half of the squared norm (Eq. 16)."""


def draw(group: Group) -> Figure | None:
    """A line a run of what the theorem is about; None if there is no such run.

    min over i < s of |grad L(Z_i)|^2 = O(1 / (s - 1)): on logarithmic axes no line may end flatter
    than 1 / s, which is drawn through the first line's value at s = 10.
    """
    figure, (one,) = new(5.2, 3.6)
    figure.suptitle(f"{group.title}: smallest squared gradient so far")
    first = None
    for method, runs in group.runs.items():
        settings = group.plan.settings.get((group.experiment, group.dataset, method), {})
        if any(settings.get(key) != value for key, value in THEOREM.items()):
            continue
        pen = group.pens[method]
        for run in runs:
            history = read_columns(run.part / paths.HISTORY)
            s = np.asarray(history["iteration"]) + 1
            least = np.minimum.accumulate(np.asarray(history["gradient_norm"]) ** 2)
            label = group.plan.title(method) if run is runs[0] else None
            one.plot(s, least, pen.linestyle, color=pen.color, linewidth=1.3, label=label)
            if first is None and s[-1] > 10:
                first = s, float(np.interp(10, s, least)) * 10 / s
    if first is None:
        return None
    one.plot(*first, ":", color=REAL, linewidth=1, label="1 / s")
    one.set(xscale="log", yscale="log", xlabel="iterations s", ylabel="min |gradient|²")
    one.legend()
    return figure
