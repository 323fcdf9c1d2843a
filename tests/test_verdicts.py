"""The tables that are kept are those of their data, by today's rules."""

import csv

from benchmarks.copies import page
from docs.verdicts import KEPT, tables


def test_kept_tables_and_verdicts_are_those_of_their_data():
    assert [path.name for path, text in tables().items() if path.read_text() != text] == []


def test_the_page_of_copying_measures_is_that_of_its_data():
    with open(KEPT / "copies" / "copies.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert (KEPT / "copies" / "README.md").read_text(encoding="utf-8") == page(rows)
