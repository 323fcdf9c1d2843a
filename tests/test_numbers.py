"""Marked numbers in documents agree with the data that they come from."""

from pathlib import Path

import pytest

from docs.numbers import NUMBER, TABLE, documents, written
from suite.running.errors import InputError
from suite.running.provenance import ROOT

MARKED = [path for path in documents() if "<!--" in path.read_text(encoding="utf-8")]


def test_marks_are_found_and_none_is_broken() -> None:
    """Every opening mark has a closing mark."""
    assert len(MARKED) >= 5
    for path in MARKED:
        text = path.read_text(encoding="utf-8")
        found = len(NUMBER.findall(text)), len(TABLE.findall(text))
        assert found == (text.count("<!--= "), text.count("<!--table ")), path
        assert found == (text.count("<!--/-->"), text.count("<!--/table-->")), path


@pytest.mark.parametrize("path", MARKED, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_marked_number_is_that_of_its_data(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert written(text, path) == text, "run `make numbers`"


@pytest.mark.parametrize("pattern", [NUMBER, TABLE])
def test_a_number_changed_by_hand_is_seen(pattern) -> None:
    path = ROOT / "results/reference/mnist/README.md"
    text = path.read_text(encoding="utf-8")
    found = pattern.search(text)
    digit = next(i for i in range(found.start(3), found.end(3)) if text[i].isdigit())
    changed = text[:digit] + str((int(text[digit]) + 1) % 10) + text[digit + 1 :]
    assert written(changed, path) == text != changed


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("table1.csv n=64 method=dcgan : ours_mean .1f", "matches 5 lines"),
        ("table1.csv n=65 : ours_mean .1f", "matches 0 lines"),
        ("table1.csv n=64 method=dcgan metric=am_ssim : mean .1f", "not in the data"),
        ("nowhere.csv n=64 : ours_mean .1f", "not in the data"),
        ("no-such-name", "not in the data"),
    ],
)
def test_a_mark_that_asks_for_what_is_not_there(query: str, sentence: str) -> None:
    path = ROOT / "results/reference/mnist/README.md"
    with pytest.raises(InputError, match=sentence):
        written(f"<!--= {query} -->1<!--/-->", path)
