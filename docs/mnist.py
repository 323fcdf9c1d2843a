"""The tables of results/reference/mnist/README.md and details.md."""

from collections.abc import Callable, Mapping

from docs.evidence import (
    KEPT,
    SIZES,
    TITLES,
    TUNED,
    Row,
    cell_row,
    markdown,
    only,
    ours,
    published,
    rows,
)
from suite.running.files import read_json
from suite.running.provenance import ROOT


def table1() -> str:
    """mnist/README: Table 1 with copying, coverage and budgets."""
    head = ["method", "n", "FID (train)", "published", "AM-SSIM", "published"]
    head += ["copying rate (SSIM)", "coverage (train)", "updates or iterations"]
    lines = []
    for method in (*TITLES, "control:disjoint"):
        title = TITLES.get(method, "other real digits")
        title += ", tuned network" if method in TUNED else ""
        title += ", an eighth of the channels" if method == "stylegan2" else ""
        for n in SIZES:
            fid, ssim = (cell_row(n, method, m) for m in ("fid_train", "am_ssim"))
            shares = [ours(cell_row(n, method, m), 2).partition(" ")[0] for m in SHARES]
            budget = ""
            if method in TITLES:
                record = read_json(KEPT / f"mnist/runs/table1-n{n}/{method}-part0.json")
                budget = f"{record['iterations']:,}"
            pairs = [ours(fid, 1), published(fid), ours(ssim, 3), published(ssim)]
            lines.append([title, n, *pairs, *shares, budget])
    return markdown(head, lines)


SHARES = ("copying_rate_ssim", "coverage_train")
"""Metrics that the table shows without their deviation over seeds."""


def table2() -> str:
    """mnist/README: Table 2 with copying, coverage and budgets."""
    file = "mnist/table2.csv"
    lines = []
    for method in ("wgan-gp", "ga-cntkg", "control:disjoint"):
        found = {m: only(file, method=method, metric=m) for m in ("fid_train", "am_ssim", *SHARES)}
        budget = ""
        if method in TITLES:
            record = read_json(KEPT / f"mnist/runs/table2-n2048/{method}-part0.json")
            budget = f"{record['iterations']:,}"
        fid, ssim, *shares = found.values()
        pairs = [ours(fid, 1), published(fid), ours(ssim, 3), published(ssim, 3)]
        title = TITLES.get(method, "other real digits")
        lines.append([title, *pairs, *(ours(share, 2) for share in shares), budget])
    head = ["method", "FID (train)", "published", "AM-SSIM", "published"]
    return markdown([*head, "copying rate (SSIM)", "coverage (train)", "iterations"], lines)


def rates() -> str:
    """mnist/README, Table 9: the speed of the methods, by resources/rates.csv."""
    resources = ROOT / "resources"
    rate = {
        row["name"]: {k: float(row[k] or 0) for k in ("fixed", "each", "start")}
        for row in rows("rates.csv", resources)
    }
    named = {**TITLES, "ga-cntk-batch": "GA-CNTK, batches"}
    chosen = ["dcgan", "lsgan", "wgan", "wgan-gp", "sngan", "ga-cntk-batch", "ga-cntkg"]
    passes = dict(zip(chosen, (2, 2, 6, 6, 6, 1, 1), strict=True))
    speed = {m: 1 / (passes[m] * (rate[m]["fixed"] + rate[m]["each"])) for m in chosen}
    critic = {m: speed[m] * (5 if passes[m] == 6 else 1) for m in chosen}
    theirs = {
        row["method"]: float(row["published"])
        for row in rows("paper/table9.csv", resources)
        if row["dataset"] == "mnist" and row["metric"] == "iterations_per_second"
    }
    published = [theirs.get(m) or theirs[m.removesuffix("-batch")] for m in chosen]
    table = {
        "ours, generator updates or iterations per second": [f"{v:.3g}" for v in speed.values()],
        "ours, discriminator steps per second": [f"{v:.3g}" for v in critic.values()],
        "published, iterations per second": [f"{v:.0f}" for v in published],
        "of DCGAN's, ours by discriminator steps": [
            f"{v / critic['dcgan']:.2g}" for v in critic.values()
        ],
        "of DCGAN's, published": [f"{v / published[0]:.2g}" for v in published],
        "ours, seconds of start and compilation": [f"{rate[m]['start']:.1f}" for m in chosen],
    }
    return markdown(["", *(named[m] for m in chosen)], [[k, *v] for k, v in table.items()])


STOPPED = ("dcgan", "lsgan", "wgan", "wgan-gp", "sngan", "ga-cntk-batch", "ga-cntkg")
BY_EYE = ("dcgan", "lsgan")


def stopping() -> str:
    """mnist/README, Table 9: the results of early stopping."""

    def row(method: str, metric: str) -> Row:
        return only("mnist/table9.csv", method=method, metric=metric)

    best = {m: float(row(m, "best_iteration")["ours_mean"]) for m in STOPPED}
    steps = {m: v * (5 if m in ("wgan", "wgan-gp", "sngan") else 1) for m, v in best.items()}
    table: dict[str, Mapping[str, float | str]] = {
        "best update or iteration (GA-CNTK: mean of four solutions)": best,
        "in discriminator steps": steps,
        "published, iterations": {
            m: f"{_published(m, 'best_iteration')}{' (by eye)' if m in BY_EYE else ''}"
            for m in STOPPED
        },
        "seconds to it, one thread of a CPU": {
            m: float(row(m, "best_seconds")["ours_mean"]) for m in STOPPED
        },
        "published, a V100": {m: _published(m, "best_seconds") for m in STOPPED},
        "FID (train), AM-SSIM where it stopped": {
            m: "{fid_train:.1f}, {am_ssim:.3f}".format(**_judged(m)) for m in STOPPED
        },
    }
    lines = [
        [name, *(v if isinstance(v, str) else f"{v:,.0f}" for v in found.values())]
        for name, found in table.items()
    ]
    names = {**TITLES, "ga-cntk-batch": "GA-CNTK, batches"}
    return markdown(["", *(names[m] for m in STOPPED)], lines)


def _judged(method: str) -> dict[str, float]:
    found = read_json(KEPT / f"mnist/runs/table9-n256/{method}-metrics.json")["metrics"]
    return {name: float(metric["value"]) for name, metric in found.items()}


def _published(method: str, metric: str) -> str:
    row = only("mnist/table9.csv", method=method, metric=metric)
    return f"{float(row['published']):,.0f}"


LONGER = (
    ("ga-cntk", "64", "released-n64", (889, 2894, 5223, 7017, 100000)),
    ("ga-cntk", "128", "longer-n128", (1832, 5103, 10102, 20000)),
    ("ga-cntkg", "64", "longer-n64", (4466, 9275, 19261, 40000)),
)
"""Method, n, folder, and the snapshots that the table shows."""


def longer() -> str:
    """mnist/README: trainings with more iterations than in Table 1."""
    columns = (("fid_train", 1), ("fid_heldout", 1), ("am_ssim", 3), ("copying_rate_ssim", 2))
    lines = []
    for method, n, folder, shown in LONGER:
        path = _path(f"mnist/runs/{folder}/{method}-trajectory.csv")
        values = [", ".join(f"{path[i][m]:.{digits}f}" for i in shown) for m, digits in columns]
        lines.append([f"{TITLES[method]}, {n}", ", ".join(f"{i:,}" for i in shown), *values])
    head = ["method, n", "iterations", "FID (train)", "FID (held-out)", "AM-SSIM"]
    return markdown([*head, "copying rate (SSIM)"], lines)


def with_n() -> str:
    """mnist/README: GA-CNTK's published values and those of real digits, by n."""
    lines = []
    for n in SIZES:
        theirs = {m: cell_row(n, "ga-cntk", m)["published"] for m in ("fid_train", "am_ssim")}
        all_of_them = [
            float(cell_row(n, "control:heldout", m)["ours_mean"]) for m in ("fid_train", "am_ssim")
        ]
        few = read_json(KEPT / f"mnist/runs/heldout-n{n}.json")["metrics"]
        line = [n, ", ".join(f"{float(v):.2f}" for v in theirs.values())]
        for fid, ssim in (all_of_them, [few[m]["value"] for m in ("fid_train", "am_ssim")]):
            line += [f"{fid:.1f}, {ssim:.3f}", f"{float(theirs['fid_train']) / fid:.2f}"]
        lines.append(line)
    head = ["n", "GA-CNTK, published: FID, AM-SSIM", "1,024 held-out digits"]
    head += ["published FID / theirs", "n held-out digits", "published FID / theirs"]
    return markdown(head, lines)


PATHS = (
    *((method, n) for n in SIZES for method in TITLES),
    *((f"{method}, literal", "64") for method in TUNED),
)


def curves() -> str:
    """mnist/details: the second half of every training of Table 1."""
    lines = []
    for name, n in PATHS:
        method, _, literal = name.partition(", ")
        folder = "literal-n64" if literal else f"table1-n{n}"
        found = _path(f"mnist/runs/{folder}/{method}-trajectory.csv")
        late = sorted(found)[-3:]
        title = TITLES[method] + (", literal" if literal else "")
        values = [
            ", ".join(f"{found[i][metric]:.{digits}f}" for i in late)
            for metric, digits in (("fid_train", 1), ("fid_heldout", 1), ("am_ssim", 3))
        ]
        lines.append([title, n, ", ".join(f"{i:,}" for i in late), *values])
    head = ["method", "n", "iterations", "FID (train)", "FID (held-out)", "AM-SSIM"]
    return markdown(head, lines)


def _path(file: str) -> dict[int, dict[str, float]]:
    """Iteration -> metric -> value, along a training."""
    found: dict[int, dict[str, float]] = {}
    for row in rows(file):
        found.setdefault(int(row["iteration"]), {})[row["metric"]] = float(row["value"])
    return found


SOLVED = (
    ("64", "cross-entropy", "5.12, released code", "losses-cross_entropy-released-code"),
    ("64", "the same in float64", "5.12", "float64"),
    ("64", "cross-entropy", "1.0, Algorithm 1", "losses-cross_entropy-algorithm-1"),
    ("64", "half square", "5.12", "losses-half_square-released-code"),
    ("64", "half square", "1.0", "losses-half_square-algorithm-1"),
    ("64", "norm", "5.12", "losses-norm-released-code"),
    ("64", "norm, as the paper prints it", "1.0, Algorithm 1", "losses-norm-algorithm-1"),
    ("256", "cross-entropy, batches of 64 (Eq. 5)", "5.12", "batches"),
)


def solving() -> str:
    """mnist/README: GA-CNTK solved in other ways."""
    lines = []
    for n, loss, lam, name in SOLVED:
        kind = {"batches": "-ga-cntk-batch", "float64": "-ga-cntk"}.get(name, "")
        path = _path(f"mnist/solving/trajectory-{name}{kind}.csv")
        theirs = float(cell_row(n, "ga-cntk", "am_ssim")["published"])
        when = min(path, key=lambda i: abs(path[i]["am_ssim"] - theirs))
        near, end = path[when], path[max(path)]
        lines.append(
            [
                *(n, loss, lam, f"{near['am_ssim']:.3f}, {near['fid_train']:.1f}"),
                *(f"{when:,}", f"{end['fid_train']:.1f}, {end['am_ssim']:.3f}"),
            ]
        )
    head = ["n", "loss", "λ", "AM-SSIM nearest to the published, its FID (train)", "iteration"]
    return markdown([*head, "FID, AM-SSIM at the end"], lines)


TABLES: dict[str, Callable[[], str]] = {
    "table1": table1,
    "table2": table2,
    "curves": curves,
    "rates": rates,
    "stopping": stopping,
    "longer": longer,
    "with-n": with_n,
    "solving": solving,
}
