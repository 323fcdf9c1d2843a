"""Numbers in documents, written from committed data.

    python -m docs.numbers            # writes every document anew (`make numbers`)
    python -m docs.numbers --check    # names the documents that differ from their data

A number in a sentence is between two marks. The first mark says where the number comes from: a CSV
file beside the document (or below the repository's root), the values that choose a line, a column,
and a Python format.

    FID <!--= table1.csv method=ga-cntk n=64 metric=fid_train : ours_mean .1f -->12.5<!--/-->

For a JSON file, the column is a path of keys:

    <!--= runs/x.json : metrics/fid_train/value .1f -->12.5<!--/-->

A name alone (`<!--= NAME -->`) is a number that a function of `docs.evidence`, `docs.fair`,
`docs.mnist`, `docs.augmented` or `docs.readings` returns. `<!--table NAME-->` ... `<!--/table-->`
is a table of such a function, or the CSV file NAME beside the document.
"""

import csv
import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

from docs import augmented, evidence, fair, mnist, readings
from suite.running.errors import InputError
from suite.running.files import write_text
from suite.running.provenance import ROOT

TABLES = evidence.TABLES | fair.TABLES | mnist.TABLES | augmented.TABLES | readings.TABLES
NUMBERS = evidence.NUMBERS | fair.NUMBERS | readings.NUMBERS

NUMBER = re.compile(r"(<!--= (.+?) -->)(.*?)(<!--/-->)", re.DOTALL)
TABLE = re.compile(r"(<!--table (\S+)-->\n)(.*?)(<!--/table-->)", re.DOTALL)


def documents() -> list[Path]:
    """The documents that may have marks."""
    return [ROOT / "README.md", *sorted((ROOT / "results" / "reference").rglob("*.md"))]


@cache
def _read(path: Path) -> Any:
    if path.suffix == ".json":
        return json.loads(path.read_text(encoding="utf-8"))
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _looked_up(query: str, document: Path) -> str:
    """The number that a mark requests, as text.

    Raises:
        InputError: several lines match, or none.
    """
    where, _, what = query.partition(" : ")
    file, *chosen = where.split()
    column, _, form = what.strip().partition(" ")
    path = document.parent / file
    data = _read(path if path.exists() else ROOT / file)
    if isinstance(data, list):
        wanted = dict(one.split("=", 1) for one in chosen)
        lines = [line for line in data if wanted.items() <= line.items()]
        if len(lines) != 1:
            raise InputError(f"{document}: '{query}' matches {len(lines)} lines: choose one")
        value = float(lines[0][column])
    else:
        for key in column.split("/"):
            data = data[int(key) if isinstance(data, list) else key]
        value = float(data)
    return format(round(value) if form in ("", ",") else value, form)


def written(text: str, document: Path) -> str:
    """The text of a document with all marked numbers and tables from the data.

    Raises:
        InputError: the data do not have what a mark requests.
    """

    def number(found: re.Match[str]) -> str:
        query = found[2].strip()
        try:
            value = str(NUMBERS[query]()) if query in NUMBERS else _looked_up(query, document)
        except (KeyError, ValueError, OSError) as error:
            raise InputError(f"{document}: '{query}' is not in the data ({error!r})") from error
        return f"{found[1]}{value}{found[4]}"

    def table(found: re.Match[str]) -> str:
        name = found[2]
        if name.endswith(".csv") and (document.parent / name).exists():
            lines = _read(document.parent / name)
            made = evidence.markdown(list(lines[0]), (list(line.values()) for line in lines))
        elif name in TABLES:
            made = TABLES[name]()
        else:
            raise InputError(f"{document}: table '{name}' is neither in docs/ nor beside it")
        return f"{found[1]}{made}\n{found[4]}"

    return NUMBER.sub(number, TABLE.sub(table, text))


def main() -> None:
    """Write the documents; with --check, fail with the names of those that differ."""
    stale = []
    for document in documents():
        text = document.read_text(encoding="utf-8")
        new = written(text, document)
        if new != text:
            stale.append(str(document.relative_to(ROOT)))
            if "--check" not in sys.argv:
                write_text(document, new)
    print("\n".join(stale) or "every number is that of its data")
    if stale and "--check" in sys.argv:
        sys.exit("error: these documents differ from their data: run `make numbers`")


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
