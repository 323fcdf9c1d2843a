"""The kept tables agree with their data and with today's rules."""

import csv

from benchmarks.copies import page
from docs.verdicts import KEPT, tables
from reporting.tables.layout import VERDICT

LEFT = {"quick"}
"""Folders of runs that a command repeats in minutes. Their tables are as it wrote them."""


def test_kept_tables_and_verdicts_are_those_of_their_data():
    made = tables()
    assert [path.name for path, text in made.items() if path.read_text() != text] == []
    told = {path for path in KEPT.rglob("*.md") if f"{VERDICT}:\n\n- " in path.read_text()}
    told.discard(KEPT / "fair" / "README.md")  # quotes fair-64.md: tests/test_numbers.py
    others = {path for path in told - set(made) if path.relative_to(KEPT).parts[0] not in LEFT}
    assert not others, "name them in docs/verdicts.py"


def test_the_page_of_copying_measures_is_that_of_its_data():
    with open(KEPT / "copies" / "copies.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert (KEPT / "copies" / "README.md").read_text(encoding="utf-8") == page(rows)
