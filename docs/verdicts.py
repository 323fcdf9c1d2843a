"""Writes the tables of results/reference and their verdicts from the data beside them.

    python -m docs.verdicts            # writes them
    python -m docs.verdicts --check    # names those that differ from their data

The tables of mnist/ and fair/ are written from the metrics, trajectories and records in their
folders runs/; methods without a kept run are left out. For the other tables a CSV with mean,
deviation and number of runs is kept, and for some of them trajectories and controls. Some of these
tables are written completely, of the others only the verdict. A verdict makes no claim that needs
other data (the error of a control, a trajectory that was not kept).
"""

import csv
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import sqrt
from pathlib import Path
from typing import Any

from docs.evidence import KEPT
from metrics.controls import TITLES
from reporting.controls import PREFIX, Controls, read_controls
from reporting.pages.table import table_page
from reporting.plan import Plan, plan_of
from reporting.published import Key, Published, read_published
from reporting.runs import MetricValue, read_runs
from reporting.tables.cells import Row, ranked
from reporting.tables.experiments import PAPER, table_of
from reporting.tables.fill import control_rows, fill, filled
from reporting.tables.layout import VERDICT
from reporting.tables.searched import Search
from reporting.tables.text import markdown, tidy
from reporting.trajectories import read_trajectory
from reporting.verdict.sentences import verdict
from suite.planning.configuration import load_config
from suite.planning.variants import method_of
from suite.protocol.metric import METRICS
from suite.running import paths
from suite.running.files import read_json, write_text
from suite.running.provenance import ROOT

CONTROLS = {f"{PREFIX}{name}": title for name, title in TITLES.items()}
NAMED = re.compile(r"(.+?)(?:-seed(\d+))?-(metrics\.json|trajectory\.csv|part(\d+)\.json)")
LIST = re.compile(rf"({VERDICT}:\n\n)(?:- .*\n)+")


@dataclass(frozen=True)
class Whole:
    """Tables that are written from kept runs.

    folder: folder of results/reference. config: file in config/. runs: folder in FOLDER/runs ->
    experiment and n. tables: experiment -> file in FOLDER.
    """

    folder: str
    config: str
    runs: dict[str, tuple[str, int]]
    tables: dict[str, str]


WHOLE = (
    Whole(
        "mnist",
        "mnist-cpu.yaml",
        {f"table1-n{n}": ("table1", n) for n in (64, 128, 256)}
        | {"literal-n64": ("literal", 64)}
        | {"table2-n2048": ("table2", 2048), "table9-n256": ("table9", 256)},
        {name: name for name in ("table1", "literal", "table2", "table9")},
    ),
    Whole(
        "mnist",
        "mnist-seeds.yaml",
        {"table1-n64": ("table1", 64), "seeds-n64": ("table1", 64)},
        {"table1": "seeds"},
    ),
    Whole("fair", "fair.yaml", {"n64": ("fair-64", 64)}, {"fair-64": "fair-64"}),
)


def _copy(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, target)


def _unpack(whole: Whole, results: Path) -> None:
    """Copy the kept runs to the paths of a workflow run."""
    for folder, (experiment, n) in whole.runs.items():
        place = {"experiment": experiment, "dataset": "mnist", "n": n, "data_seed": 0}
        for path in sorted((KEPT / whole.folder / "runs" / folder).glob("*.[cj]s*")):
            if path.name == "controls.json":
                _copy(path, results / paths.CONTROLS.format(**place))
                continue
            found = NAMED.fullmatch(path.name)
            assert found, f"{path} is not a file of a kept run"
            method, seed, what, part = found.groups()
            run = {**place, "method": method, "seed": int(seed or 0)}
            if part:
                target = Path(paths.PART.format(**run, part=int(part))) / paths.RECORD
            else:
                target = Path(paths.RUN.format(**run)) / what
            _copy(path, results / target)


def whole(work: Path) -> Iterator[tuple[Path, str]]:
    """(file, content) of every table that is written from kept runs."""
    for i, one in enumerate(WHOLE):
        results = work / str(i)
        _unpack(one, results)
        plan = plan_of(load_config(ROOT / "config" / one.config))
        runs, controls = list(read_runs(plan, results)), read_controls(plan, results)
        made = {run.cell for run in runs if run.records}
        runs = [run for run in runs if run.cell in made]
        plan = replace(plan, cells=tuple(cell for cell in plan.cells if cell in made))
        measured = {name for run in runs if run.evaluation for name in run.evaluation.metrics}
        kept = tuple(name for name in plan.metrics if name in measured)  # others are newer
        plan = replace(plan, metrics=kept)
        for experiment, name in one.tables.items():
            table = fill(experiment, plan, runs, controls)
            forms = {"csv": tidy(table.rows), "md": markdown(table), "html": table_page(table)}
            for suffix, content in forms.items():
                yield KEPT / one.folder / f"{name}.{suffix}", content


@dataclass(frozen=True)
class Told:
    """A table with a kept CSV.

    file: path below results/reference, without suffix.
    config: file in config/.
    trajectories: (dataset, n, method) -> file beside the table.
    whole: whether the table is written completely, not only its verdict.
    controls: (dataset, n) -> file of the workflow beside the table; by default the CSV has them.
    sheets: file of `python -m benchmarks augmented` beside the table, with fewer samples of the
        same runs, for the metrics `fewer`.
    """

    file: str
    config: str
    trajectories: Mapping[tuple[str, int, str], str] = field(default_factory=dict)
    whole: bool = False
    controls: Mapping[tuple[str, int], str] = field(default_factory=dict)
    sheets: str = ""
    fewer: tuple[str, ...] = ()


TOLD = (
    *(Told(f"gantk2/tables/{name}", "gantk2.yaml") for name in ("relu", "rbf", "sigmoid")),
    Told("gantk2/tables/relu-nobias", "gantk2.yaml"),
    Told(
        "gantk2/tables/inner-rate",
        "gantk2.yaml",
        {("ring8", 500, "gantk2-finite"): "inner-rate-trajectory.csv"},
    ),
    Told(
        "gantk2/mnist/ablation",
        "ablation-mnist.yaml",
        {
            ("mnist", n, f"gantk2@through={way}"): f"trajectory-n{n}-through-{way}.csv"
            for n in (64, 256)
            for way in ("false", "true")
        },
    ),
    Told("ring/ring", "ring.yaml"),
    Told(
        "your-images/comparison",
        "../results/reference/your-images/mine.yaml",
        {
            (dataset, 64, method): f"trajectory-{dataset}-{method}.csv"
            for dataset in ("faces", "garden")
            for method in ("dcgan", "ga-cntk", "ga-cntkg")
        },
        whole=True,
        controls={(dataset, 64): f"controls-{dataset}.json" for dataset in ("faces", "garden")},
    ),
    Told("variants/table1", "variants.yaml", whole=True),
    Told("figures/fig4", "figures.yaml", whole=True),
    Told("figures/fig9", "figures.yaml", whole=True),
    Told(
        "augmentation/augmentation",
        "augmentation.yaml",
        {
            ("mnist", 64, f"{method}@augment={way}"): f"trajectory-{method}-{way}.csv"
            for method in ("ga-cntk", "dcgan", "stylegan2")
            for way in ("none", "translation")
        },
        whole=True,
        controls={("mnist", 64): "controls.json"},
        sheets="sheets.json",
        fewer=("copies", "diversity"),
    ),
)


def _values(mean: float, deviation: float, count: int) -> list[float]:
    """`count` values with this mean and sample deviation."""
    spread = deviation * sqrt((count - 1) / 2) if count > 1 else 0.0
    return (
        [mean - spread, mean + spread, *[mean] * (count - 2)][:count] if spread else [mean] * count
    )


SEARCHED = re.compile(r"(best|first) of (\d+) by (\w+): (.*)")


def _row(line: dict[str, str], told: Told, published: Mapping[Key, Published]) -> Row:
    mean, count = line["ours_mean"], int(line["seeds"])
    values = _values(float(mean), float(line["ours_std"] or 0), count) if mean else []
    dataset, method, metric, n = line["dataset"], line["method"], line["metric"], int(line["n"])
    beside = told.trajectories.get((dataset, n, method))
    path = (KEPT / told.file).parent / beside if beside else None
    followed = read_trajectory(path) if path else []
    known = METRICS.entries.get(metric)
    found = SEARCHED.fullmatch(line["status"].rpartition(";")[2])
    return Row(
        dataset=dataset,
        n=n,
        method=method,
        metric=metric,
        values={0: values},
        planned=count,
        status="ok" if values else "missing",
        better=known.better if known else "neither",
        published=published.get((dataset, n, method_of(method), metric)),
        drawn=method.startswith(PREFIX),
        followed=[(s.iteration, s.metrics[metric]) for s in followed if metric in s.metrics],
        search=Search(found[4], int(found[2]), found[3], found[1] == "best") if found else None,
    )


def _of_sheet(row: Row, metric: str, judged: dict[str, Any]) -> Row:
    """The row of another metric, from the fewer samples that were kept of a run."""
    found = MetricValue.model_validate(judged["metrics"][metric])
    return replace(
        row,
        metric=metric,
        values={0: [] if found.value is None else [found.value]},
        better=found.better,
        followed=(),
        error=found.std,
        judged=judged["samples"],
        few=judged["samples"],
        measured=[found],
    )


def _rows(one: Told, lines: list[Row], plan: Plan, controls: Controls) -> list[Row]:
    """The rows of a table: for each of its lines methods with their ranks, then controls."""
    sheets = read_json((KEPT / one.file).parent / one.sheets)["sheets"] if one.sheets else {}
    rows: list[Row] = []
    for place in dict.fromkeys((row.dataset, row.n) for row in lines):
        here = [row for row in lines if (row.dataset, row.n) == place]
        runs = {row.method: row for row in here if not row.drawn}
        for metric in dict.fromkeys([*(row.metric for row in here), *one.fewer]):
            found = [row for row in here if row.metric == metric]
            mine = [row for row in found if not row.drawn]
            if metric in one.fewer:
                mine = [_of_sheet(row, metric, sheets[method]) for method, row in runs.items()]
            rows += ranked(mine)
            if place in one.controls:
                rows += control_rows(controls, plan, *place, metric)
            else:
                rows += [row for row in found if row.drawn]
    return rows


def told(work: Path) -> Iterator[tuple[Path, str]]:
    """(file, content) of every table with a kept CSV."""
    for one in TOLD:
        path, work_here = KEPT / f"{one.file}.md", work / one.file
        plan = plan_of(load_config(ROOT / "config" / one.config))
        plan = replace(plan, titles={**plan.titles, **CONTROLS})
        table = table_of(path.stem, plan) if one.whole else None
        published = read_published(path.stem) if table and path.stem in PAPER else {}
        with open(path.with_suffix(".csv"), newline="", encoding="utf-8") as file:
            lines = [_row(line, one, published) for line in csv.DictReader(file)]
        for (dataset, n), name in one.controls.items():
            target = paths.CONTROLS.format(dataset=dataset, n=n, data_seed=0)
            _copy(path.parent / name, work_here / target)
        controls = read_controls(plan, work_here)
        rows = _rows(one, lines, plan, controls)
        if table:
            whole = filled(table, plan, rows, controls)
            yield path, markdown(whole)
            yield path.with_suffix(".csv"), tidy(whole.rows)
            continue
        said = "".join(f"- {sentence}\n" for sentence in verdict(rows, plan.title, plan.samples))
        text = path.read_text(encoding="utf-8")
        yield path, LIST.sub(lambda found: f"{found[1]}{said}", text)  # noqa: B023


def tables() -> dict[Path, str]:
    """File -> content of every table."""
    with tempfile.TemporaryDirectory() as work:
        return {**dict(whole(Path(work))), **dict(told(Path(work)))}


def main() -> None:
    """Write the tables; with --check, fail with the names of those that differ."""
    differ = {
        path: text
        for path, text in tables().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    for path, text in differ.items():
        print(path.relative_to(ROOT))
        if "--check" not in sys.argv:
            write_text(path, text)
    sys.exit(bool(differ) and "--check" in sys.argv)


if __name__ == "__main__":
    main()
