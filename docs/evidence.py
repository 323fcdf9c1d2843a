"""Tables and numbers of README.md and gantk2/README.md (`docs.numbers`), and shared functions."""

import csv
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

from suite.running.provenance import ROOT

KEPT = ROOT / "results" / "reference"
TITLES = {
    "dcgan": "DCGAN",
    "lsgan": "LSGAN",
    "wgan": "WGAN",
    "wgan-gp": "WGAN-GP",
    "sngan": "SNGAN",
    "stylegan2": "StyleGAN2",
    "ga-cntk": "GA-CNTK",
    "ga-cntkg": "GA-CNTKg",
}
SIZES = ("64", "128", "256")
TUNED = ("dcgan", "lsgan", "wgan")
Row = dict[str, str]
Cell = tuple[str, str]
"""method, n"""


@cache
def rows(file: str, folder: Path = KEPT) -> list[Row]:
    """The lines of a CSV file, by default in results/reference."""
    with open(folder / file, newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def only(file: str, **chosen: str) -> Row:
    """The line with these values; KeyError if there is none, or more than one."""
    found = [row for row in rows(file) if chosen.items() <= row.items()]
    if len(found) != 1:
        raise KeyError(f"{file}: {chosen} matches {len(found)} lines")
    return found[0]


def markdown(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    return "\n".join(
        f"| {' | '.join(line)} |".replace("|  |", "| |")
        for line in [head, ["---"] * len(head), *lines]
    )


def cell_row(n: str, method: str, metric: str) -> Row:
    """A cell of Table 1, over three seeds if there are three."""
    for row in rows("mnist/seeds.csv"):
        if (row["n"], row["method"], row["metric"]) == (n, method, metric):
            return row
    return only("mnist/table1.csv", n=n, method=method, metric=metric)


def ours(row: Row, digits: int) -> str:
    """A mean, with its deviation over seeds if there is one."""
    spread = f" ± {float(row['ours_std']):.{digits}f}" if row["ours_std"] else ""
    return f"{float(row['ours_mean']):.{digits}f}{spread}"


def published(row: Row, digits: int = 2) -> str:
    """The published value; `?` marks a suspect one."""
    mark = "?" if "suspect" in row["status"] else ""
    return f"{float(row['published']):.{digits}f}{mark}" if row["published"] else ""


METRICS = (("FID (train)", "fid_train", 1), ("AM-SSIM", "am_ssim", 3))


def first_table() -> str:
    """README: every cell of Table 1, our value and the published one."""
    lines = []
    for title, metric, digits in METRICS:
        for n in SIZES:
            cells = [cell_row(n, method, metric) for method in TITLES]
            pairs = [f"{ours(cell, digits)} / {published(cell)}" for cell in cells]
            real = ours(cell_row(n, "control:disjoint", metric), digits)
            lines.append([title, n, *pairs, real])
    return markdown(["ours / published", "n", *TITLES.values(), "real digits"], lines)


def ratios(suspect: bool = False) -> dict[Cell, float]:
    """(method, n) -> FID, ours / published. suspect: include suspect published values."""
    found = {}
    for method in TITLES:
        for n in SIZES:
            row = cell_row(n, method, "fid_train")
            if suspect or "suspect" not in row["status"]:
                found[method, n] = float(row["ours_mean"]) / float(row["published"])
    return found


def distances() -> dict[Cell, float]:
    """(method, n) -> AM-SSIM, ours - published, of all 24 cells."""
    cells = {(m, n): cell_row(n, m, "am_ssim") for m in TITLES for n in SIZES}
    return {k: float(c["ours_mean"]) - float(c["published"]) for k, c in cells.items()}


def named(cells: Iterable[Cell]) -> str:
    """Cells in words: each method with its n."""
    sizes: dict[str, list[str]] = {}
    for method, n in cells:
        sizes.setdefault(method, []).append(n)
    return ", ".join(
        TITLES[method] + (" at every n" if len(some) == len(SIZES) else f" at {' and '.join(some)}")
        for method, some in sizes.items()
    )


def within(low: float, high: float, suspect: bool = True) -> list[Cell]:
    """The cells whose FID is `low` to `high` times the published one.

    suspect: include suspect published values. Otherwise StyleGAN2 and GA-CNTK are left out too,
        since the text treats them separately.
    """
    apart = () if suspect else ("stylegan2", "ga-cntk")
    return [c for c, v in ratios(suspect).items() if low <= v < high and c[0] not in apart]


def far(sign: int) -> list[Cell]:
    """The cells whose AM-SSIM is more than 0.13 above (1) or below (-1) the published one."""
    return [cell for cell, gap in distances().items() if sign * gap > 0.13]


@cache
def seconds(name: str) -> float:
    """Time of a pass of size 1, by resources/rates.csv."""
    row = next(row for row in rows("rates.csv", ROOT / "resources") if row["name"] == name)
    return float(row["fixed"]) + float(row["each"])


def made(method: str) -> float:
    """Iterations per second in the runs of Table 9."""
    row = only("mnist/table9.csv", method=method, metric="iterations_per_second")
    return float(row["ours_mean"])


def span(n: str, metric: str, digits: int) -> str:
    """The lowest and highest value of the GANs in Table 1."""
    found = [float(cell_row(n, m, metric)["ours_mean"]) for m in TITLES if not m.startswith("ga-")]
    return f"{min(found):.{digits}f} to {max(found):.{digits}f}"


def listed(values: Iterable[float], digits: int) -> str:
    """Numbers in words: a, b and c."""
    *some, last = (f"{value:.{digits}f}" for value in values)
    return f"{', '.join(some)} and {last}"


def stability() -> str:
    """gantk2/README: the largest eigenvalue of K / n, and the number of draws above the limits."""
    lines = []
    for dataset, title in (("ring8", "ring"), ("density", "density"), ("letters", "letters")):
        for place in ("start", "arrived"):
            found: dict[str, list[float]] = {}
            for row in rows("gantk2/stability.csv"):
                if (row["dataset"], row["generated"]) == (dataset, place):
                    found.setdefault(row["width"], []).append(float(row["largest"]))
            if not found:
                continue
            drawn = found["128"]
            over = (f"{sum(v > limit for v in drawn)} of {len(drawn)}" for limit in (10, 20))
            span = f"{min(drawn):.1f} to {max(drawn):.1f}"
            lines.append([title, place, f"{found['infinite'][0]:.1f}", span, *over])
    head = ["points", "generated ones", "μ, infinite width", "μ, width 128"]
    return markdown([*head, "draws with μ > 10", "with μ > 20"], lines)


def near(gap: float) -> int:
    """Number of AM-SSIM values within `gap` of the published ones."""
    return sum(abs(value) <= gap for value in distances().values())


TABLES: dict[str, Callable[[], str]] = {
    "first": first_table,
    "stability": stability,
}
NUMBERS: dict[str, Callable[[], object]] = {
    "fid-10%": lambda: len(within(0.9, 1.1)),
    "fid-10%-cells": lambda: named(within(0.9, 1.1)),
    "fid-high": lambda: len(within(1.45, 8.5)),
    "fid-low-cells": lambda: named(within(0, 0.9)),
    "fids": lambda: len([cell for cell in ratios() if cell[0] != "ga-cntk"]),
    "fids-1.8-2.4": lambda: len(within(1.75, 2.45, False)),
    "fids-1.8-2.4-cells": lambda: named(within(1.75, 2.45, False)),
    "fids-2.6-3.7": lambda: len(within(2.55, 3.75, False)),
    "fids-2.6-3.7-cells": lambda: named(within(2.55, 3.75, False)),
    "stylegan2-ratios": lambda: listed((ratios()["stylegan2", n] for n in SIZES), 2),
    "am-ssim-0.10": lambda: near(0.10),
    "am-ssim-0.13": lambda: near(0.13),
    "am-ssim-low-cells": lambda: named(far(-1)),
    "am-ssim-high-cells": lambda: named(far(1)),
    "gans-256-am-ssim": lambda: span("256", "am_ssim", 3),
    "speed-idle": lambda: round(2 * seconds("dcgan") / seconds("ga-cntk-batch")),
    "speed-table9": lambda: round(made("ga-cntk-batch") / made("dcgan")),
    "rate-ga-cntk": lambda: round(1 / seconds("ga-cntk")),
    "rate-embed": lambda: f"{1 / seconds('embed'):.1f}",
}
