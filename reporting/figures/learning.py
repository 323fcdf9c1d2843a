"""Learning curves: loss against iteration, one panel per method (Figs. 3 and 11 of the paper)."""

from matplotlib.figure import Figure

from reporting.figures.group import Group
from reporting.figures.style import LINES, panels
from reporting.trajectories import read_history
from suite.running import paths


def draw(group: Group) -> Figure:
    """All recorded losses of all runs. Losses of different methods are not comparable."""
    # A single panel of the usual width would be narrower than the heading.
    figure, axes = panels(len(group.runs), 4, 3.2 if len(group.runs) > 1 else 5, 2.4)
    figure.suptitle(f"{group.title}: learning curves, a line a run")
    for one, (method, runs) in zip(axes, group.runs.items(), strict=True):
        named = set()
        for run in runs:
            history = read_history(run.part / paths.HISTORY)
            losses = [name for name in history if "loss" in name]
            for name, line in zip(losses, LINES * len(losses), strict=False):
                one.plot(
                    history["iteration"],
                    history[name],
                    line,
                    color=group.pens[method].color,
                    linewidth=1.1,
                    label=None if name in named else name.replace("_", " "),
                )
                named.add(name)
        one.set_xscale("log", nonpositive="mask")
        one.set(title=group.plan.title(method), xlabel="iteration", ylabel="loss")
        if len(named) > 1:
            one.legend(fontsize=7)
    return figure
