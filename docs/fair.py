"""The table of results/reference/fair: all finished runs of config/fair.yaml."""

from collections.abc import Callable
from statistics import fmean, stdev
from typing import Any

from docs.evidence import KEPT, TITLES, markdown
from suite.running.files import read_json

FOLDER = KEPT / "fair"
METRICS = {
    "fid_heldout": ("FID (held-out)", 1),
    "kid_heldout": ("KID (held-out)", 4),
    "coverage_heldout": ("coverage (held-out)", 2),
    "fid_train": ("FID (train)", 1),
    "am_ssim": ("AM-SSIM", 3),
    "copies": ("copies", 2),
}


def runs() -> dict[tuple[str, str, str], list[dict[str, Any]]]:
    """(n, augmentation, method) -> metrics.json of each seed, according to the file names."""
    found: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for path in sorted(FOLDER.glob("runs/*-metrics.json")):
        n, augment, method, _ = path.name.removesuffix("-metrics.json").split("_")
        found.setdefault((n, augment, method), []).append(read_json(path))
    return found


def _value(records: list[dict[str, Any]], metric: str, digits: int) -> str:
    values = [float(record["metrics"][metric]["value"]) for record in records]
    spread = f" ± {stdev(values):.{digits}f}" if len(values) > 1 else ""
    return f"{fmean(values):.{digits}f}{spread}"


def fair() -> str:
    """Every cell with a run: mean over its seeds, and deviation if there are several."""
    lines = [
        [
            *(n.removeprefix("n"), TITLES[method], augment, str(len(records))),
            *(_value(records, metric, digits) for metric, (_, digits) in METRICS.items()),
            ", ".join(f"{record['chosen']['iteration']:,}" for record in records),
        ]
        for (n, augment, method), records in runs().items()
    ]
    head = ["n", "method", "augmentation", "seeds", *(title for title, _ in METRICS.values())]
    return markdown([*head, "judged after"], lines)


TABLES: dict[str, Callable[[], str]] = {"fair": fair}
NUMBERS: dict[str, Callable[[], object]] = {
    "fair-runs": lambda: sum(len(records) for records in runs().values())
}
