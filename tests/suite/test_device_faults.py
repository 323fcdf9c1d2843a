"""What a job does if something is wrong with its GPU; and the page of all cases."""

import pytest

from suite.running.provenance import ROOT
from tests.suite.device_faults import CASES, SAID, Case, does, line, spoken

PAGE = (ROOT / "results" / "reference" / "device-faults.md").read_text(encoding="utf-8")


def test_the_page_holds_the_cases_and_no_others() -> None:
    rows = [row for row in PAGE.splitlines() if row.startswith("| ") and "| --- |" not in row]
    assert len(rows) - 2 == len(CASES) + len(SAID)


@pytest.mark.parametrize("case", CASES, ids=[case.what for case in CASES])
def test_a_fault_is_one_sentence_or_a_choice_that_is_said(case: Case) -> None:
    for device, words in (("gpu", case.gpu), ("auto", case.auto)):
        found = does(case, device)
        assert words in found and "\n" not in found
        if device == "gpu":
            assert "the CPU" not in found.partition("; ")[0] or found.startswith("error: ")
            assert not found.endswith("runs on the CPU")
    assert line(case) in PAGE, "make bad-inputs"


@pytest.mark.parametrize(("raised", "said"), SAID)
def test_errors_of_frameworks_are_one_sentence(raised: str, said: str) -> None:
    assert said in spoken(raised)
    assert spoken(raised) in PAGE, "make bad-inputs"
