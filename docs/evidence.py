"""The tables and counted numbers of the documents, from the data beside them (`docs.numbers`)."""

import csv
from collections.abc import Callable, Iterable, Sequence
from functools import cache

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
def rows(file: str) -> list[Row]:
    """The lines of a CSV file in results/reference."""
    with open(KEPT / file, newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def only(file: str, **chosen: str) -> Row:
    """The one line that has these values; KeyError where there is none, or more than one."""
    found = [row for row in rows(file) if chosen.items() <= row.items()]
    if len(found) != 1:
        raise KeyError(f"{file}: {chosen} chooses {len(found)} lines")
    return found[0]


def markdown(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    return "\n".join(
        f"| {' | '.join(line)} |".replace("|  |", "| |")
        for line in [head, ["---"] * len(head), *lines]
    )


def measured(n: str, method: str, metric: str) -> Row:
    """A cell of Table 1, over three seeds where there are three."""
    for row in rows("mnist/seeds.csv"):
        if (row["n"], row["method"], row["metric"]) == (n, method, metric):
            return row
    return only("mnist/table1.csv", n=n, method=method, metric=metric)


def ours(row: Row, digits: int) -> str:
    """A mean, with its deviation over seeds where there is one."""
    spread = f" ± {float(row['ours_std']):.{digits}f}" if row["ours_std"] else ""
    return f"{float(row['ours_mean']):.{digits}f}{spread}"


def published(row: Row) -> str:
    """The published value; `?` marks a suspect one."""
    mark = "?" if "suspect" in row["status"] else ""
    return f"{float(row['published']):.2f}{mark}" if row["published"] else ""


METRICS = (("FID (train)", "fid_train", 1), ("AM-SSIM", "am_ssim", 3))


def first_table() -> str:
    """README: every cell of Table 1, ours beside the published value."""
    lines = []
    for title, metric, digits in METRICS:
        for n in SIZES:
            cells = [measured(n, method, metric) for method in TITLES]
            pairs = [f"{ours(cell, digits)} / {published(cell)}" for cell in cells]
            real = ours(measured(n, "control:disjoint", metric), digits)
            lines.append([title, n, *pairs, real])
    return markdown(["ours / published", "n", *TITLES.values(), "real digits"], lines)


def ratios(suspect: bool = False) -> dict[Cell, float]:
    """FID, ours / published, by method and n; with the suspect published values or without."""
    found = {}
    for method in TITLES:
        for n in SIZES:
            row = measured(n, method, "fid_train")
            if suspect or "suspect" not in row["status"]:
                found[method, n] = float(row["ours_mean"]) / float(row["published"])
    return found


def distances() -> dict[Cell, float]:
    """AM-SSIM, ours - published, of all 24 cells."""
    cells = {(m, n): measured(n, m, "am_ssim") for m in TITLES for n in SIZES}
    return {k: float(c["ours_mean"]) - float(c["published"]) for k, c in cells.items()}


def named(cells: Iterable[Cell]) -> str:
    """Cells in words: each method with its sizes."""
    sizes: dict[str, list[str]] = {}
    for method, n in cells:
        sizes.setdefault(method, []).append(n)
    return ", ".join(
        TITLES[method] + (" at every n" if len(some) == len(SIZES) else f" at {' and '.join(some)}")
        for method, some in sizes.items()
    )


def within(low: float, high: float, suspect: bool = True) -> list[Cell]:
    """The cells whose FID is `low` to `high` times the published one; without the suspect ones also
    without StyleGAN2 and GA-CNTK, which are told of apart."""
    apart = () if suspect else ("stylegan2", "ga-cntk")
    return [c for c, v in ratios(suspect).items() if low <= v < high and c[0] not in apart]


def far(sign: int) -> list[Cell]:
    """The cells whose AM-SSIM is more than 0.13 above (1) or below (-1) the published one."""
    return [cell for cell, gap in distances().items() if sign * gap > 0.13]


@cache
def seconds(name: str) -> float:
    """Of a pass of size 1, by resources/rates.csv."""
    with open(ROOT / "resources/rates.csv", newline="", encoding="utf-8") as lines:
        row = next(row for row in csv.DictReader(lines) if row["name"] == name)
    return float(row["fixed"]) + float(row["each"])


def made(method: str) -> float:
    """Iterations a second in the runs of Table 9."""
    row = only("mnist/table9.csv", method=method, metric="iterations_per_second")
    return float(row["ours_mean"])


def span(n: str, metric: str, digits: int) -> str:
    """Lowest and highest value of the GANs in Table 1."""
    found = [float(measured(n, m, metric)["ours_mean"]) for m in TITLES if not m.startswith("ga-")]
    return f"{min(found):.{digits}f} to {max(found):.{digits}f}"


def listed(values: Iterable[float], digits: int) -> str:
    """Numbers in words: a, b and c."""
    *some, last = (f"{value:.{digits}f}" for value in values)
    return f"{', '.join(some)} and {last}"


def stability() -> str:
    """gantk2/README: the largest eigenvalue of K / n, and how many draws exceed the limits."""
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
    """How many AM-SSIMs are that near to the published ones."""
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
