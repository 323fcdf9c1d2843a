"""The metrics of a run (all its parts together) and of its snapshots."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from metrics.choice import Choosing, best_snapshot
from metrics.evaluate import References, check, evaluate, planned_names
from metrics.features import Features
from metrics.runs import load_generated, load_records, snapshots
from suite.protocol.metric import EXTRACTORS, METRICS
from suite.running.lease import lease


def leased(names: list[str] | None) -> AbstractContextManager[object]:
    """A lease of a GPU while metrics are computed, if one of them needs features from a GPU.

    names: the metrics; None for any.
    """
    used = METRICS.entries if names is None else names
    extractors = {METRICS.lookup(name).extractor for name in used}
    embeds = any(EXTRACTORS.lookup(name).arithmetic for name in extractors if name)
    return lease("torch") if embeds else nullcontext()


def judge_run(
    parts: Sequence[Path],
    references: References,
    metrics: str | None,
    samples: int | None,
    features: Features,
    seed: int,
    choosing: Choosing | None = None,
) -> dict[str, Any]:
    """The content of metrics.json: status, samples, metrics and seeds.

    parts: folders of the parts of one run. metrics: names with commas; None for all that apply.
        samples: number of rows judged, the first ones; None for all. choosing: how the judged
        snapshot is chosen; None for the end of the run.

    Raises:
        InputError: see `metrics.runs.load_records`, `metrics.evaluate.check` and
            `metrics.choice.best_snapshot`.
    """
    records = load_records(parts)
    rows = load_generated(parts)[:samples]
    names = planned_names(metrics, rows, references)
    check(names, rows, references)
    diverged = any(record["stop_reason"] == "diverged" for record in records)
    values, chosen = {}, None
    with leased(names):
        if choosing and not diverged:
            chosen, rows = best_snapshot(parts, choosing, features, seed)
            rows = rows[:samples]
        if not diverged:
            values = evaluate(rows, references, names, features, seed)
    trained = {key: records[0]["seeds"][key] for key in ("data", "training")}
    return {
        "status": "diverged" if diverged else "ok",
        "samples": len(rows),
        **({"chosen": chosen} if chosen else {}),
        "metrics": values,
        "seeds": trained | {"evaluation": seed},
    }


def judge_snapshots(
    part: Path,
    references: References,
    metrics: str | None,
    features: Features,
    seed: int,
) -> str:
    """Every metric of every snapshot of a part as CSV: iteration,metric,value,generated.

    Raises:
        InputError: see `metrics.runs.load_records` and `metrics.evaluate.check`.
    """
    load_records([part])
    moments = list(snapshots([part]))
    names = planned_names(metrics, moments[0][1], references)
    lines = ["iteration,metric,value,generated"]
    with leased(names):
        for iteration, rows in moments:
            for name, entry in evaluate(rows, references, names, features, seed).items():
                lines.append(f"{iteration},{name},{entry['value']!r},{entry['generated']}")
    return "\n".join(lines) + "\n"
