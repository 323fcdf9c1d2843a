"""The tables of results/reference/mnist/readings.md: possible readings of the published numbers.

The data come from `python -m benchmarks published`. The FID of 64 samples is too high. Multiplied
by `factor` it is that of 1,024 samples (see readings.md).
"""

from collections.abc import Callable
from functools import partial
from statistics import fmean, median, stdev

from docs.evidence import SIZES, TITLES, Cell, cell_row, markdown, published, rows

REAL, METHODS, SOLUTIONS = (
    f"mnist/readings-{name}.csv" for name in ("real", "methods", "solutions")
)
READINGS = {"fid one": ("fid_train", 1), "am-ssim 4": ("am_ssim", 3), "am-ssim 11": ("am_ssim", 3)}
NAMES = {
    "fid one": "FID, digit in one colour channel",
    "am-ssim 4": "AM-SSIM, window 4",
    "am-ssim 11": "AM-SSIM, window 11",
}
GA_CNTK = {
    (n, m): float(cell_row(n, "ga-cntk", m)["published"])
    for n in SIZES
    for m in ("fid_train", "am_ssim")
}


def of_subsets(n: str, reading: str) -> list[float]:
    """Values of other real digits instead of samples: one for each subset, the mean over draws."""
    return [float(r["mean"]) for r in rows(REAL) if (r["n"], r["reading"]) == (n, reading)]


def real_digits() -> str:
    """Other real digits under each reading, and GA-CNTK's published values."""
    lines = []
    for reading, (metric, digits) in READINGS.items():
        for n in SIZES:
            found, theirs = of_subsets(n, reading), GA_CNTK[n, metric]
            draws = fmean(
                float(r["std"]) for r in rows(REAL) if (r["n"], r["reading"]) == (n, reading)
            )
            low, high = (100 * (edge / theirs - 1) for edge in (min(found), max(found)))
            lines.append(
                [
                    NAMES[reading],
                    n,
                    f"{fmean(found):.{digits}f} ± {stdev(found):.{digits}f}",
                    f"{min(found):.{digits}f} to {max(found):.{digits}f}",
                    f"{draws:.{digits}f}",
                    f"{theirs:.2f}",
                    f"{low:+.0f} to {high:+.0f} %".replace("-", "−"),
                ]
            )
    head = ["reading", "n", "other real digits: mean ± deviation over ten subsets", "range"]
    head += ["deviation over draws", "GA-CNTK, published", "range less published"]
    return markdown(head, lines)


def cell(method: str, n: str, reading: str, column: str) -> float:
    """A value of the kept samples; a FID as of 1,024 samples."""
    chosen = (method, n, reading)
    row = next(r for r in rows(METHODS) if (r["method"], r["n"], r["reading"]) == chosen)
    return float(row[column]) * float(row["factor"])


def values() -> dict[str, dict[Cell, float]]:
    """Every reading of every cell of Table 1."""
    cells = [(m, n) for m in TITLES for n in SIZES]
    plain = {c: float(cell_row(c[1], c[0], "fid_train")["ours_mean"]) for c in cells}
    found = {"FID, as pytorch-fid, against its own digits": plain}
    for reading, name in NAMES.items():
        for column, against in (("own", "its own digits"), ("others", "other digits")):
            found[f"{name}, against {against}"] = {
                c: cell(c[0], c[1], reading, column) for c in cells
            }
    return found


def _ratio(name: str, one: Cell, value: float) -> float:
    metric = "fid_train" if name.startswith("FID") else "am_ssim"
    return value / float(cell_row(one[1], one[0], metric)["published"])


def within(name: str, limit: float = 0.1) -> list[Cell]:
    """The cells in which a reading is within 10 % of the published value."""
    return [c for c, v in values()[name].items() if abs(_ratio(name, c, v) - 1) <= limit]


def counted() -> str:
    """The number of cells in which each reading is near the published value."""
    lines = []
    for name, found in values().items():
        ratios = {c: _ratio(name, c, v) for c, v in found.items()}
        gans = [v for c, v in ratios.items() if c[0] != "ga-cntk"]
        own = [ratios["ga-cntk", n] for n in SIZES]
        lines.append(
            [
                name,
                str(len(within(name))),
                f"{median(gans):.2f}",
                ", ".join(f"{v:.2f}" for v in own),
            ]
        )
    head = ["reading", "of 24 cells within 10 %", "median of ours / published without GA-CNTK"]
    return markdown([*head, "GA-CNTK's ours / published at n = 64, 128, 256"], lines)


def cells() -> str:
    """Every cell under every reading."""
    found = values()
    head = ["method", "n", "published FID", *(name for name in found if name.startswith("FID"))]
    head += ["published AM-SSIM", *(name for name in found if not name.startswith("FID"))]
    lines = []
    for method, title in TITLES.items():
        for n in SIZES:
            line = [title, n]
            for metric, start, digits in (("fid_train", "FID", 1), ("am_ssim", "AM", 2)):
                line.append(published(cell_row(n, method, metric)))
                line += [
                    f"{of[method, n]:.{digits}f}"
                    for name, of in found.items()
                    if name.startswith(start)
                ]
            lines.append(line)
    return markdown(head, lines)


def thirty_six() -> str:
    """The ways to compute FID that were tried on GA-CNTK and DCGAN at n = 64."""
    theirs = {m: float(cell_row("64", m, "fid_train")["published"]) for m in ("ga-cntk", "dcgan")}
    lines = []
    for row in rows("mnist/readings.csv"):
        ratios = [max(float(row[m]), 1e-9) / value for m, value in theirs.items()]
        missed = max(max(ratio, 1 / ratio) for ratio in ratios)
        lines.append([*row.values(), f"{missed:.1f}"])
    head = ["reading", *(f"{TITLES[m]} ({value:.2f})" for m, value in theirs.items())]
    return markdown([*head, "fresh digits", "missed by a factor"], lines)


def _together(n: str, reading: str) -> list[float]:
    return [float(r["value"]) for r in rows(SOLUTIONS) if (r["n"], r["reading"]) == (n, reading)]


def together() -> str:
    """Solutions on several subsets, evaluated together against one of them."""
    lines = []
    for reading, (metric, digits) in READINGS.items():
        for n in SIZES:
            found = _together(n, reading)
            if not found:
                continue
            size = next(r for r in rows(SOLUTIONS) if r["n"] == n)
            lines.append(
                [
                    NAMES[reading],
                    n,
                    f"{size['solutions']}, {int(size['samples']):,}",
                    gathered(n, reading),
                    f"{min(found):.{digits}f} to {max(found):.{digits}f}",
                    f"{GA_CNTK[n, metric]:.2f}",
                ]
            )
    head = ["reading", "n", "solutions, samples", "mean ± deviation over five subsets", "range"]
    return markdown([*head, "published"], lines)


TABLES: dict[str, Callable[[], str]] = {
    "real-digits": real_digits,
    "readings-counted": counted,
    "readings-cells": cells,
    "readings-36": thirty_six,
    "solutions-together": together,
}


def gaps(reading: str) -> str:
    """Difference between the mean over subsets and GA-CNTK's published values, by n [%]."""
    metric = READINGS[reading][0]
    found = [100 * (fmean(of_subsets(n, reading)) / GA_CNTK[n, metric] - 1) for n in SIZES]
    return ", ".join(f"{gap:+.0f}".replace("-", "−") for gap in found)


def means(reading: str) -> str:
    """Other real digits by n."""
    digits = READINGS[reading][1]
    return ", ".join(f"{fmean(of_subsets(n, reading)):.{digits}f}" for n in SIZES)


def theirs(metric: str) -> str:
    """GA-CNTK's published values by n."""
    return ", ".join(f"{GA_CNTK[n, metric]:.2f}" for n in SIZES)


def count(place: int) -> int:
    """The number of cells in which the reading at this place of `values` is within 10 %."""
    return len(within(list(values())[place]))


def fresh() -> str:
    """FID of 128 fresh digits, as pytorch-fid computes it."""
    row = next(r for r in rows("mnist/readings.csv") if r["reading"] == "as pytorch-fid")
    return f"{float(row['fresh digits']):.1f}"


def typical(place: int) -> str:
    """The median of ours / published without GA-CNTK, by the reading at this place of `values`."""
    name, found = list(values().items())[place]
    return f"{median(_ratio(name, c, v) for c, v in found.items() if c[0] != 'ga-cntk'):.2f}"


def gathered(n: str, reading: str) -> str:
    """Solutions on separate subsets, evaluated together: mean and deviation over five subsets."""
    digits, found = READINGS[reading][1], _together(n, reading)
    return f"{fmean(found):.{digits}f} ± {stdev(found):.{digits}f}"


def solutions(n: str) -> str:
    """The number of solutions that were evaluated together."""
    return next(r for r in rows(SOLUTIONS) if r["n"] == n)["solutions"]


NUMBERS: dict[str, Callable[[], object]] = {
    "fresh": fresh,
    **{f"solutions {n}": partial(solutions, n) for n in ("64", "128")},
    **{f"together {r} at {n}": partial(gathered, n, r) for r in READINGS for n in ("64", "128")},
    "real am-ssim 11 at 64": lambda: f"{fmean(of_subsets('64', 'am-ssim 11')):.3f}",
    **{f"median {i}": partial(typical, i) for i in range(7)},
    **{f"theirs {metric}": partial(theirs, metric) for metric in ("fid_train", "am_ssim")},
    **{f"gaps {reading}": partial(gaps, reading) for reading in READINGS},
    **{f"real {reading}": partial(means, reading) for reading in READINGS},
    **{f"within {i}": partial(count, i) for i in range(7)},
}
