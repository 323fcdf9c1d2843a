"""Every metric over a grid of settings, one box per method (Fig. 9 of the paper)."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from reporting.figures.group import Group
from reporting.figures.style import new
from suite.planning.variants import method_of

FEWEST = 4
"""Settings of a method that make a box."""


def values_of(group: Group, metric: str) -> Mapping[str, list[float]]:
    """Method -> the finite values of its settings by the metric, each a mean over seeds."""
    found: dict[str, list[float]] = {}
    for variant, runs in group.runs.items():
        judged = [run.metrics for run in runs if run.judged == "ok"]
        values = [one[metric].value for one in judged if metric in one]
        ended = [value for value in values if value is not None]
        if ended:
            found.setdefault(method_of(variant), []).append(float(np.mean(ended)))
    return {method: values for method, values in found.items() if len(values) >= FEWEST}


def draw(group: Group) -> Figure | None:
    """One panel per metric, one box per method, one point per setting; None without a grid."""
    found = {metric: values_of(group, metric) for metric in group.plan.metrics}
    found = {metric: methods for metric, methods in found.items() if methods}
    if not found:
        return None
    most = max(map(len, found.values()))
    figure, axes = new((1.1 * most + 1.2) * len(found), 3.4, 1, len(found))
    figure.suptitle(f"{group.title}: over the settings searched")
    for one, (metric, methods) in zip(axes, found.items(), strict=True):
        for place, (method, values) in enumerate(methods.items()):
            color = group.pens[method].color
            one.boxplot(
                [values],
                positions=[place],
                widths=0.5,
                showfliers=False,
                medianprops={"color": color, "linewidth": 1.6},
                boxprops={"color": color},
                whiskerprops={"color": color},
                capprops={"color": color},
            )
            # Side by side, in the order of the grid: equal values would hide each other.
            spread = np.linspace(-0.18, 0.18, len(values))
            one.plot(place + spread, values, "o", color=color, markersize=3, alpha=0.8)
        labels = [f"{group.plan.title(m)}\n({len(v)})" for m, v in methods.items()]
        one.set_xticks(range(len(methods)), labels)
        one.set_ylabel(group.plan.title(metric))
        one.set_ylim(bottom=min(0, *map(min, methods.values())))
    return figure
