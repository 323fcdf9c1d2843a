"""The tables of results/reference with today's verdict, from the data that stands beside them.

    python -m docs.verdicts            # writes them anew
    python -m docs.verdicts --check    # names those that differ from their data

mnist/runs has metrics, trajectories and records of its runs, of which its tables are set whole. Of
the others there is a CSV with mean, deviation and number of runs, which is all that a comparison
asks for, and where they were kept the trajectories: in these the verdict alone is written anew.
What needs more than that (the error of a control, a trajectory) is not said of them.
"""

import csv
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from math import sqrt
from pathlib import Path

from reporting.controls import read_controls
from reporting.pages.table import table_page
from reporting.plan import plan_of
from reporting.runs import read_runs
from reporting.tables.cells import Row, ranked
from reporting.tables.fill import fill
from reporting.tables.layout import VERDICT
from reporting.tables.text import markdown, tidy
from reporting.trajectories import read_trajectory
from reporting.verdict.sentences import verdict
from suite.planning.configuration import load_config
from suite.protocol.metric import METRICS
from suite.running import paths
from suite.running.files import write_text
from suite.running.provenance import ROOT

KEPT = ROOT / "results" / "reference"
NAMED = re.compile(r"(.+?)(?:-seed(\d+))?-(metrics\.json|trajectory\.csv|part(\d+)\.json)")
LIST = re.compile(rf"({VERDICT}:\n\n)(?:- .*\n)+")


@dataclass(frozen=True)
class Whole:
    """Tables of mnist/ that are set from kept runs.

    config: in config/. runs: folder in mnist/runs -> experiment and n; controls are those of the
    folder with them. tables: experiment -> the file in mnist/.
    """

    config: str
    runs: dict[str, tuple[str, int]]
    tables: dict[str, str]


WHOLE = (
    Whole(
        "mnist-cpu.yaml",
        {f"table1-n{n}": ("table1", n) for n in (64, 128, 256)}
        | {"literal-n64": ("literal", 64)}
        | {"table2-n2048": ("table2", 2048), "table9-n256": ("table9", 256)},
        {name: name for name in ("table1", "literal", "table2", "table9")},
    ),
    Whole(
        "mnist-seeds.yaml",
        {"table1-n64": ("table1", 64), "seeds-n64": ("table1", 64)},
        {"table1": "seeds"},
    ),
)


def _copy(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, target)


def _unpack(whole: Whole, results: Path) -> None:
    """The kept runs as a run of the workflow leaves them."""
    for folder, (experiment, n) in whole.runs.items():
        place = {"experiment": experiment, "dataset": "mnist", "n": n, "data_seed": 0}
        for path in sorted((KEPT / "mnist" / "runs" / folder).iterdir()):
            if path.name == "controls.json":
                _copy(path, results / paths.CONTROLS.format(**place))
                continue
            found = NAMED.fullmatch(path.name)
            assert found, f"{path} is no file of a kept run"
            method, seed, what, part = found.groups()
            run = {**place, "method": method, "seed": int(seed or 0)}
            if part:
                target = Path(paths.PART.format(**run, part=int(part))) / paths.RECORD
            else:
                target = Path(paths.RUN.format(**run)) / what
            _copy(path, results / target)


def whole(work: Path) -> Iterator[tuple[Path, str]]:
    """(file, content) of every table that is set from kept runs."""
    for i, one in enumerate(WHOLE):
        results = work / str(i)
        _unpack(one, results)
        plan = plan_of(load_config(ROOT / "config" / one.config))
        runs, controls = list(read_runs(plan, results)), read_controls(plan, results)
        measured = {name for run in runs if run.evaluation for name in run.evaluation.metrics}
        kept = tuple(name for name in plan.metrics if name in measured)  # newer ones came later
        plan = replace(plan, metrics=kept)
        for experiment, name in one.tables.items():
            filled = fill(experiment, plan, runs, controls)
            forms = {"csv": tidy(filled.rows), "md": markdown(filled), "html": table_page(filled)}
            for suffix, content in forms.items():
                yield KEPT / "mnist" / f"{name}.{suffix}", content


@dataclass(frozen=True)
class Told:
    """A table of which a CSV is kept.

    file: without its suffix, below results/reference. config: in config/. samples: rows judged.
    trajectories: (n, method) -> file beside it.
    """

    file: str
    config: str
    trajectories: dict[tuple[int, str], str]


def _paths(of: dict[tuple[int, str], str]) -> dict[tuple[int, str], str]:
    return {key: f"trajectory-{name}.csv" for key, name in of.items()}


TOLD = (
    *(Told(f"gantk2/tables/{name}", "gantk2.yaml", {}) for name in ("relu", "rbf", "sigmoid")),
    Told("gantk2/tables/relu-nobias", "gantk2.yaml", {}),
    Told(
        "gantk2/mnist/ablation",
        "ablation-mnist.yaml",
        _paths(
            {
                (n, f"gantk2@through={way}"): f"n{n}-through-{way}"
                for n in (64, 256)
                for way in ("false", "true")
            }
        ),
    ),
    Told("ring/ring", "ring.yaml", {}),
    Told(
        "augmentation/augmentation",
        "augmentation.yaml",
        _paths(
            {
                (64, f"{method}@augment={way}"): f"{method}-{way}"
                for method in ("ga-cntk", "dcgan", "stylegan2")
                for way in ("none", "translation")
            }
        ),
    ),
)


def _values(mean: float, deviation: float, count: int) -> list[float]:
    """`count` values of that mean and sample deviation."""
    spread = deviation * sqrt((count - 1) / 2) if count > 1 else 0.0
    return (
        [mean - spread, mean + spread, *[mean] * (count - 2)][:count] if spread else [mean] * count
    )


def _row(line: dict[str, str], told: Told) -> Row:
    mean, count = line["ours_mean"], int(line["seeds"])
    values = _values(float(mean), float(line["ours_std"] or 0), count) if mean else []
    method, metric, n = line["method"], line["metric"], int(line["n"])
    beside = told.trajectories.get((n, method))
    path = (KEPT / told.file).parent / beside if beside else None
    followed = read_trajectory(path) if path else []
    known = METRICS.entries.get(metric)
    return Row(
        dataset=line["dataset"],
        n=n,
        method=method,
        metric=metric,
        values={0: values},
        planned=count,
        status="ok" if values else "missing",
        better=known.better if known else "neither",
        drawn=method.startswith("control:"),
        followed=[(s.iteration, s.metrics[metric]) for s in followed if metric in s.metrics],
    )


def told() -> Iterator[tuple[Path, str]]:
    """(file, content) of every table of which a CSV is kept, its verdict anew."""
    for one in TOLD:
        path = KEPT / f"{one.file}.md"
        plan = plan_of(load_config(ROOT / "config" / one.config))
        with open(path.with_suffix(".csv"), newline="", encoding="utf-8") as file:
            lines = [_row(line, one) for line in csv.DictReader(file)]
        rows: list[Row] = []
        for _, group in groupby(lines, key=lambda row: (row.dataset, row.n, row.metric)):
            found = list(group)
            rows += ranked([row for row in found if not row.drawn])
            rows += [row for row in found if row.drawn]
        said = "".join(f"- {sentence}\n" for sentence in verdict(rows, plan.title, plan.samples))
        text = path.read_text(encoding="utf-8")
        yield path, LIST.sub(lambda found: f"{found[1]}{said}", text)  # noqa: B023


def tables() -> dict[Path, str]:
    """What every table ought to be."""
    with tempfile.TemporaryDirectory() as work:
        return {**dict(whole(Path(work))), **dict(told())}


def main() -> None:
    """Write the tables, or name those that differ."""
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
