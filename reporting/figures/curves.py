"""Every metric along the training, one panel per metric."""

from matplotlib.figure import Figure

from reporting.controls import FLOOR
from reporting.figures.group import Group
from reporting.figures.style import REAL, legend_beside, line, panels
from reporting.trajectories import trajectories


def draw(group: Group) -> Figure | None:
    """One curve per method (its first run), and the floor as a line; None if none is judged yet."""
    found = trajectories(group.runs)
    metrics = [
        name
        for name in group.plan.metrics
        if any(name in snapshot.metrics for path in found.values() for snapshot in path)
    ]
    if not metrics:
        return None
    figure, axes = panels(len(metrics), 3, 3.1 if len(metrics) > 1 else 4.6, 2.7)
    for one, metric in zip(axes, metrics, strict=True):
        for method, snapshots in found.items():
            judged = [(s.iteration, s.metrics[metric]) for s in snapshots if metric in s.metrics]
            label = f"{group.plan.title(method)} ({snapshots[-1].rows:,})"
            line(one, judged, group.pens[method], 3, label)
        for control in list(group.controls.get(FLOOR, {}).values())[:1]:
            level = control.value(metric)
            if level is not None:
                title = f"{control.title} ({control.samples:,})"
                one.axhline(level, color=REAL, linestyle=":", linewidth=1, label=title)
        one.set_xscale("symlog", linthresh=1)
        one.set_xlim(left=0)
        one.set(title=group.plan.title(metric), xlabel="iteration")
    middle = legend_beside(figure, axes[0], "in brackets: rows")
    figure.suptitle(f"{group.title}: metrics along the training", x=middle)
    return figure
