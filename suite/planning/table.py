"""The estimated cost of a configuration as a table."""

import math
from collections.abc import Iterable

from suite.planning.cost import Item, many, wait
from suite.running.durations import duration


def table(items: Iterable[Item], cores: int, gpus: int = 1) -> str:
    """Jobs by cost, the most expensive first; then totals, and the machines of the rates."""
    items = list(items)
    ordered = sorted(items, key=lambda item: -(item.seconds or math.inf) * item.jobs)
    lines = [f"{'jobs':>6}  {'each':>9}  {'together':>9}  what"]
    for item in ordered:
        each = "unknown" if item.seconds is None else duration(item.seconds)
        both = "unknown" if item.seconds is None else duration(item.seconds * item.jobs)
        lines.append(f"{item.jobs:>6}  {each:>9}  {both:>9}  {item.what}")
    disk = sum(item.jobs * item.bytes for item in items) / 2**20
    lines += ["", f"{sum(i.jobs for i in items):,} jobs, about {disk:,.0f} MiB", *_unknown(items)]
    hours = []
    for of_gpu, unit in ((True, "GPU-hours"), (False, "core-hours")):
        some = [item for item in items if item.on_gpu is of_gpu]
        if _hours(some):
            names = dict.fromkeys(item.experiment for item in some if item.seconds)
            shares = ", ".join(f"{name or 'shared'} {_hours(some, name):.2f}" for name in names)
            parts = f" ({shares})" if len(names) > 1 else ""
            hours.append(f"{_hours(some):.2f} {unit}{parts}")
    if hours:
        on_gpu = any(item.on_gpu for item in items)
        used = many(cores) + (f" and {gpus} GPU{'s' * (gpus > 1)}" if on_gpu else "")
        end = duration(wait(items, cores, gpus))
        lines.append(f"{'; '.join(hours)}; with {used} done in about {end}")
    whose = dict.fromkeys(item.whose for item in items if item.whose)
    return "\n".join([*lines, *(f"rates of {name}" for name in whose)])


def _hours(items: Iterable[Item], experiment: str | None = None) -> float:
    """Hours of the jobs with a known rate, in one experiment or in all."""
    some = (item for item in items if experiment in (None, item.experiment))
    return sum(item.jobs * (item.seconds or 0) for item in some) / 3600


def _unknown(items: Iterable[Item]) -> list[str]:
    """A line about the jobs without a known rate, if there are any."""
    jobs = sum(item.jobs for item in items if item.seconds is None)
    said = f"of unknown speed: {jobs} jobs; `python -m suite measure` measures these speeds"
    return [said] if jobs else []
