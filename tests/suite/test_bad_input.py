"""Bad input: one sentence, a bad exit status and no file left; and the page of all cases."""

import importlib
import json
import sys
from contextlib import ExitStack

import pytest

from suite.protocol.artefacts import Subset
from suite.running.cli import run
from suite.running.provenance import ROOT
from tests.suite.bad_inputs import Case, command
from tests.suite.bad_inputs_page import EVERY, filled, line, odd, outcome

PAGE = (ROOT / "results" / "reference" / "bad-inputs.md").read_text(encoding="utf-8")


@pytest.fixture
def place():
    with filled() as folder:
        yield folder


def files(folder):
    found = (path for path in folder.rglob("*") if path.is_file())
    cache = folder / "cache"  # the cache of the code's digests is no result
    return {path: path.read_bytes() for path in found if cache not in path.parents}


@pytest.fixture(scope="module")
def kept():
    """Folders that cases share; the last one is in use. No case may change its files."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(filled()), []


@pytest.fixture
def unchanged(kept):
    """A filled folder and its files; a new folder after a case that changed one."""
    make, folders = kept
    if not folders or files(folders[-1][0]) != folders[-1][1]:
        folder = make()
        folders.append((folder, files(folder)))
    return folders[-1]


def test_the_page_holds_the_cases_and_no_others():
    rows = [row for row in PAGE.splitlines() if row.startswith("| ") and "| --- |" not in row]
    assert len(rows) - PAGE.count("| asked |") == len(EVERY) >= 40


def test_the_page_shows_what_init_makes_of_odd_pictures():
    assert odd() in PAGE, "make bad-inputs"


@pytest.mark.parametrize("case", EVERY, ids=[f"{case.label} {case.trouble}" for case in EVERY])
def test_bad_input_is_one_sentence_and_leaves_nothing(case: Case, unchanged):
    place, before = unchanged
    status, stderr = outcome(case)
    errors = [found for found in stderr.splitlines() if found.startswith("error: ")]
    assert len(errors) == 1 and stderr.splitlines()[-1] == errors[0]
    assert case.said in errors[0]
    assert status in (1, 2, 130)
    assert "Traceback" not in stderr
    assert files(place) == before
    assert line(case, status, errors[0]) in PAGE, "make bad-inputs"


def test_duplicate_images_are_warned_of_and_kept(place):
    (place / "small" / "2.png").write_bytes((place / "small" / "00.png").read_bytes())
    status, stderr = outcome(command("datasets subset folder --out new.npz --set path=small", ""))
    assert status == 0 and "warning: folder (train): " in stderr
    assert len(Subset.load(place / "new.npz").data) == 3


@pytest.mark.parametrize("room", ["datasets", "gantk", "baselines", "metrics"])
def test_every_room_lists_itself_as_names_and_as_json(room, monkeypatch, capsys):
    printed = []
    for words in (f"{room} list", f"{room} list --json"):
        monkeypatch.setattr(sys, "argv", words.split())
        with pytest.raises(SystemExit) as exit_:
            run(importlib.import_module(f"{room}.__main__").app)
        assert exit_.value.code == 0
        printed.append(capsys.readouterr().out)
    heads = [line for line in printed[0].splitlines() if not line.startswith(" ")]
    names = [head.partition(":")[0] for head in heads]
    assert names and [entry["name"] for entry in json.loads(printed[1])] == names
