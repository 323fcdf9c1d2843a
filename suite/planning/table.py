"""The estimated cost of a configuration as a table."""

import math
from collections.abc import Iterable

from suite.planning.cost import Item, many, wait
from suite.running.durations import duration


def table(items: Iterable[Item], cores: int, gpus: int = 1) -> str:
    """Jobs by cost, the most expensive first; then totals, and the machines of the rates."""
    items = sorted(items, key=lambda item: -(item.seconds or math.inf) * item.jobs)
    lines = [f"{'jobs':>6}  {'each':>9}  {'together':>9}  what"]
    hours: dict[str, dict[str, float]] = {"GPU-hours": {}, "core-hours": {}}
    unknown = 0
    for item in items:
        each = both = "unknown"
        if item.seconds is None:
            unknown += item.jobs
        else:
            together = item.jobs * item.seconds
            each, both = duration(item.seconds), duration(together)
            shares = hours["GPU-hours" if item.on_gpu else "core-hours"]
            name = item.experiment or "shared"
            shares[name] = shares.get(name, 0.0) + together / 3600
        lines.append(f"{item.jobs:>6}  {each:>9}  {both:>9}  {item.what}")
    disk = sum(item.jobs * item.bytes for item in items) / 2**20
    lines += ["", f"{sum(item.jobs for item in items):,} jobs, about {disk:,.0f} MiB"]
    if unknown:
        lines.append(
            f"of unknown speed: {unknown} jobs; `python -m suite measure` measures these speeds"
        )
    said = []
    for unit, shares in hours.items():
        if shares:
            parts = ", ".join(f"{name} {share:.2f}" for name, share in shares.items())
            said.append(f"{sum(shares.values()):.2f} {unit} ({parts})")
    if said:
        used = many(cores) + (f" and {gpus} GPU{'s' * (gpus > 1)}" if hours["GPU-hours"] else "")
        end = duration(wait(items, cores, gpus))
        lines.append(f"{'; '.join(said)}; with {used} done in about {end}")
    whose = dict.fromkeys(item.rate.whose for item in items if item.rate and item.rate.whose)
    return "\n".join([*lines, *(f"rates of {name}" for name in whose)])
