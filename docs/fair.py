"""The tables and numbers of results/reference/fair: all finished runs of config/fair.yaml."""

from collections.abc import Callable
from typing import Any

from docs.evidence import KEPT, TITLES, markdown
from reporting.tables.layout import VERDICT
from suite.planning.variants import MARK
from suite.running.files import read_json

FOLDER = KEPT / "fair"
Files = list[tuple[dict[str, Any], dict[str, Any]]]
"""metrics.json and run.json of each seed."""


def runs() -> dict[tuple[str, str], Files]:
    """(n, variant of a method) -> files of its runs, according to the file names."""
    found: dict[tuple[str, str], Files] = {}
    for path in sorted(FOLDER.glob("runs/*/*-metrics.json")):
        start, _, _ = path.name.rpartition("-metrics.json")
        variant, _, _ = start.rpartition("-seed")
        record = read_json(path.with_name(f"{start}-part0.json"))
        files = found.setdefault((path.parent.name.removeprefix("n"), variant), [])
        files.append((read_json(path), record))
    return found


def verdict() -> str:
    """The verdict and the table of fair-64.md."""
    text = (FOLDER / "fair-64.md").read_text(encoding="utf-8")
    return text[text.index(VERDICT) :].strip()


def training() -> str:
    """What each run took, and after how many updates it was judged."""
    lines = []
    for (n, variant), files in runs().items():
        method, _, settings = variant.partition(MARK)
        minutes = [record["seconds"] / 60 for _, record in files]
        lines.append(
            [
                *(n, TITLES[method], settings.removeprefix("augment=")),
                ", ".join(str(record["seeds"]["training"]) for _, record in files),
                f"{files[0][1]['iterations']:,}",
                ", ".join(f"{one:.0f}" for one in minutes),
                ", ".join(f"{metrics['chosen']['iteration']:,}" for metrics, _ in files),
            ]
        )
    head = ["n", "method", "augmentation", "training seeds", "updates", "minutes", "judged after"]
    return markdown(head, lines)


def _hours() -> str:
    seconds = sum(record["seconds"] for files in runs().values() for _, record in files)
    return f"{seconds / 3600:.1f}"


TABLES: dict[str, Callable[[], str]] = {"fair": verdict, "fair-training": training}
NUMBERS: dict[str, Callable[[], object]] = {
    "fair-runs": lambda: sum(len(files) for files in runs().values()),
    "fair-hours": _hours,
}
