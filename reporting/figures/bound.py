"""The running minimum of the squared gradient below its bound (Theorem 3.1 of the paper)."""

import numpy as np
from matplotlib.figure import Figure

from reporting.figures.group import Group
from reporting.figures.style import new
from reporting.trajectories import read_history
from suite.running import paths

THEOREM = {"optimiser": "gradient-descent", "objective": "half_square", "schedule": "constant"}
"""What the theorem is about: plain gradient descent on half of the squared norm (Eq. 16)."""


def draw(group: Group) -> Figure | None:
    """Two lines for each run that the theorem is about; None if there is no such run.

    If the step eta is so small that each step lowers the loss by at least eta |grad|^2 / 2 (GA-NTK
    paper, section 7.1), the sum over the steps and L >= 0 give

        min over i < s of |grad L(Z_i)|^2 <= 2 L(Z_0) / (eta s).

    This bound is the dotted line. The other line, the minimum itself, must not cross it.
    """
    figure, (one,) = new(5.2, 3.6)
    figure.suptitle(f"{group.title}: smallest squared gradient so far")
    for method, runs in group.runs.items():
        settings = group.plan.settings.get((group.experiment, group.dataset, method), {})
        if any(settings.get(key) != value for key, value in THEOREM.items()):
            continue
        color, title = group.pens[method].color, group.plan.title(method)
        for run in runs:
            history = read_history(run.part / paths.HISTORY)
            s = np.asarray(history["iteration"]) + 1
            least = np.minimum.accumulate(np.asarray(history["gradient_norm"]) ** 2)
            most = 2 * history["loss"][0] / (settings["step"] * s)
            first = run is runs[0]
            one.plot(s, least, color=color, linewidth=1.3, label=title if first else None)
            label = "2 L(Z₀) / (step · s)" if first else None
            one.plot(s, most, ":", color=color, linewidth=1, label=label)
    if not one.lines:
        return None
    one.set(xscale="log", yscale="log", xlabel="iterations s", ylabel="min |gradient|²")
    one.legend()
    return figure
