"""The tables of results/reference/augmentation/README.md, from the data beside it."""

from collections.abc import Callable
from typing import Any

from docs.evidence import KEPT, markdown, rows
from suite.running.files import read_json

AUGMENTED = [
    f"{method}@augment={shifts}"
    for method in ("ga-cntk", "dcgan", "stylegan2")
    for shifts in ("none", "translation")
]
SHEETS = {
    **dict(
        zip(
            AUGMENTED,
            (f"{m}{s}" for m in ("GA-CNTK", "DCGAN", "StyleGAN2") for s in ("", " with shifts")),
            strict=True,
        )
    ),
    "heldout": "other digits",
    "train": "training digits",
    "train-translation": "training digits, moved",
    "blank": "black images",
}


def augmentation() -> str:
    """augmentation/README: three methods without and with shifts, and real digits."""
    file = "augmentation/augmentation.csv"
    metrics = (
        ("FID (train)", "fid_train", 1),
        ("FID (held-out)", "fid_heldout", 1),
        ("coverage (train)", "coverage_train", 2),
        ("coverage (held-out)", "coverage_heldout", 2),
        ("AM-SSIM", "am_ssim", 3),
        ("copying rate (SSIM)", "copying_rate_ssim", 2),
    )
    lines = []
    for title, metric, digits in metrics:
        found = {
            row["method"]: f"{float(row['ours_mean']):.{digits}f}"
            for row in rows(file)
            if row["metric"] == metric
        }
        real = [found[c] for c in ("control:heldout", "control:disjoint") if c in found]
        known = [found["control:train-translation"], found["control:train"], ", ".join(real)]
        lines.append([title, *(found[method] for method in AUGMENTED), *known])
    head = ["256 samples", "GA-CNTK", "with shifts", "DCGAN", "with shifts", "StyleGAN2"]
    head += ["with shifts", "the training digits, moved", "as they are (64)", "other real digits"]
    return markdown(head, lines)


def _sheets() -> dict[str, Any]:
    found: dict[str, Any] = read_json(KEPT / "augmentation/sheets.json")
    return found


def augmented_copies() -> str:
    """augmentation/README: copies among 64 samples, and among known images."""
    lines = []
    for name, title in SHEETS.items():
        judged = _sheets()["sheets"][name]
        metrics = judged["metrics"]
        copies = metrics["copies"]
        low, high = copies["interval"]
        old = (metrics[metric]["value"] for metric in ("copying_rate_ssim", "am_ssim"))
        span = f"{copies['value']:.2f} ({low:.2f} to {high:.2f})"
        counts = [str(copies["hits"]), str(judged["copied"])]
        alike = f"{metrics['diversity']['value']:.2f}"
        lines.append([title, span, *counts, alike, *(f"{value:.2f}" for value in old)])
    head = ["64 images", "copies, with the interval", "called copies", "digits copied"]
    return markdown([*head, "diversity", "copying rate (SSIM)", "AM-SSIM"], lines)


def _within(entry: dict[str, Any], digits: int, factor: float = 1) -> str:
    error = f" ± {factor * entry['std']:.{digits}f}" if entry["std"] is not None else ""
    return f"{factor * entry['value']:.{digits}f}{error}"


def augmented_features() -> str:
    """augmentation/README: metrics with features of 64 samples, and of known images."""
    columns = (
        ("FID (train)", "fid_train", 1, 1),
        ("FID (held-out)", "fid_heldout", 1, 1),
        ("1,000 KID (train)", "kid_train", 1, 1000),
        ("1,000 KID (held-out)", "kid_heldout", 1, 1000),
        ("coverage (held-out)", "coverage_heldout", 2, 1),
        ("precision (held-out)", "precision_heldout", 2, 1),
    )
    lines = []
    for name, title in SHEETS.items():
        found = _sheets()["sheets"][name]["metrics"]
        if "fid_train" in found:
            cells = [
                _within(found[metric], digits, factor) if metric in found else ""
                for _, metric, digits, factor in columns
            ]
            lines.append([title, *cells])
    return markdown(["64 images", *(title for title, *_ in columns)], lines)


TABLES: dict[str, Callable[[], str]] = {
    "augmentation": augmentation,
    "augmented-copies": augmented_copies,
    "augmented-features": augmented_features,
}
