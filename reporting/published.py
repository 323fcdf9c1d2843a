"""The numbers that the paper prints, kept as data in resources/paper/."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from suite.running.errors import InputError
from suite.running.files import read_text
from suite.running.provenance import ROOT

FOLDER = ROOT / "resources" / "paper"
COLUMNS = ["dataset", "n", "method", "metric", "published", "printed_as"]
COLUMNS += ["source", "protocol", "suspect"]

Key = tuple[str, int, str, str]


@dataclass(frozen=True)
class Published:
    """One printed number.

    value: the number; None where the paper prints N/A.
    text: the number as printed.
    source: its table and section.
    suspect: why it cannot be right, or is no target; "" if it is not suspect.
    """

    value: float | None
    text: str
    source: str
    suspect: str


def read_published(table: str, folder: Path = FOLDER) -> dict[Key, Published]:
    """(dataset, n, method, metric) -> published value of a table, in the order of the paper.

    Raises:
        InputError: the file is missing, or one of its lines has another format.
    """
    path = folder / f"{table}.csv"
    reader = csv.DictReader(io.StringIO(read_text(path)))
    if reader.fieldnames != COLUMNS:
        raise InputError(f"{path}: its columns must be {','.join(COLUMNS)}: mend the first line")
    found: dict[Key, Published] = {}
    for line in reader:
        place = f"{path}: line {reader.line_num}"
        try:
            key = (line["dataset"], int(line["n"]), line["method"], line["metric"])
            text = line["published"]
            value = None if text == "N/A" else float(text)
        except (TypeError, ValueError) as error:
            raise InputError(f"{place}: {error}: mend the line") from error
        if key in found:
            raise InputError(f"{place}: {', '.join(map(str, key))} stands twice: keep one of them")
        found[key] = Published(value, text, line["source"], line["suspect"])
    return found
