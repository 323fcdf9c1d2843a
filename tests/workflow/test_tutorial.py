"""The commands of docs/tutorial.md run, and print what the page shows."""

import shutil
from pathlib import Path

import pytest

from tests.tutorial import PAGE, ROOT, follow, same, steps

SAID = "a 1.5\n...\n| b | 0.250 |\n| --- |\n...\n"


@pytest.mark.parametrize(
    ("printed", "true"),
    [
        ("a 1.7\nx\n| b  | 0.3   |\n| ----- |\n", True),
        ("a 1.7\n| b | 0.3 |\n| -- |\ny\nz\n", True),
        ("a 2\n| b | 0.3 |\n| -- |\n", False),  # no point: an exact number
        ("a 1.7\n| c | 0.3 |\n| -- |\n", False),
        ("x\na 1.7\n| b | 0.3 |\n| -- |\n", False),
    ],
)
def test_what_may_differ(printed: str, true: bool) -> None:
    assert same(SAID, printed) is true


def test_without_dots_nothing_may_be_left_out() -> None:
    assert same("a\nb\n", "a\nb\n") and not same("a\nb\n", "a\nb\nc\n") and same("", "")
    assert same("...\nlast\n", "x\nlast\n") and not same("...\nlast\n", "last\nx\n")


def test_a_page_that_is_not_true_is_found(tmp_path: Path) -> None:
    text = '```text title="f"\nx\n```\n\n```console\n$ cat f\ny\n```\n'
    with pytest.raises(AssertionError, match=r"cat f\nx"):
        list(follow(tmp_path, text, {"PATH": "/usr/bin:/bin"}, slow=True))
    failing = "```console\n$ exit 3\n```\n"
    with pytest.raises(AssertionError, match="exit 3"):
        list(follow(tmp_path, failing, {"PATH": "/usr/bin:/bin"}, slow=True))


def test_tutorial_is_true(unrun) -> None:
    for part in ("templates", "tests"):
        shutil.copytree(ROOT / part, unrun.root / part, dirs_exist_ok=True)
    text = PAGE.read_text(encoding="utf-8")
    done = list(follow(unrun.root, text, unrun.environment(OMP_NUM_THREADS="1"), slow=False))
    slow = [step for step in steps(text) if step.slow]
    assert 0 < len(slow) <= 3 and len(done) == len(list(steps(text))) - len(slow) - 1
