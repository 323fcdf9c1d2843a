"""Runs the cases of bad_inputs.py one by one, and prints a page of their errors.

`make bad-inputs` writes the page to results/reference/bad-inputs.md.
"""

import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import (
    ExitStack,
    chdir,
    contextmanager,
    redirect_stderr,
    redirect_stdout,
    suppress,
)
from pathlib import Path
from unittest import mock

import yaml

from datasets.__main__ import app as datasets
from suite.running.cli import run
from tests.suite.bad_files import OWN, fill, fill_odd
from tests.suite.bad_habits import HABITS
from tests.suite.bad_inputs import COMMANDS, CONFIGURATIONS, JOBS, Case

ODD = "datasets init odd --out odd.yaml"


def outcome(case: Case) -> tuple[int, str]:
    """Exit status and stderr of a case, in a folder with the files of `fill`."""
    errors = io.StringIO()
    with ExitStack() as stack:
        for target, replacement in case.faults.items():
            stack.enter_context(mock.patch(target, replacement))
        stack.enter_context(redirect_stderr(errors))
        stack.enter_context(redirect_stdout(io.StringIO()))
        try:
            case.act()
        except SystemExit as exit_:
            if isinstance(exit_.code, str):  # Python prints it and ends with status 1
                return 1, f"{exit_.code}\n"
            return int(exit_.code or 0), errors.getvalue()
    return 0, errors.getvalue()


def line(case: Case, status: int, sentence: str) -> str:
    """A case as a line of the page, without the lists of valid values."""
    short = re.sub(r"\(valid: [^)]*\)", "(valid: …)", sentence.removeprefix("error: "))
    asked = f"`{case.label}`" + (f", {case.trouble}" if case.trouble else "")
    return f"| {asked} | {short} | {status} |".replace("\n", " ")


@contextmanager
def filled() -> Iterator[Path]:
    """A temporary folder with the files of `fill`, as the working directory."""
    with (
        tempfile.TemporaryDirectory() as name,
        chdir(name),
        mock.patch.dict(os.environ, {"XDG_CACHE_HOME": "cache"}),
    ):
        fill(Path(name))
        yield Path(name)


PARTS = {
    "Configurations: refused before the first job, also by `snakemake -n`": CONFIGURATIONS,
    "Commands: refused before they start to work": COMMANDS,
    "Errors in a job, which cannot be known before": JOBS,
    **HABITS,
}
EVERY = [case for cases in PARTS.values() for case in cases]
INTRODUCTION = f"""# Bad inputs and their errors

`make bad-inputs` makes this page from the {len(EVERY)} cases of `tests/suite/test_bad_input.py`,
which also tests that the page is up to date. Each case ends with one sentence on stderr, after
`error: `, and changes no file.

Each configuration is the one below with one change. `pictures` has 20 pictures of 16 x 16. `mixed`,
`cut`, `text`, `deep` and `bomb` have twelve; one of them is wider, incomplete, a text file, of
floating-point numbers, or of 400 million pixels. `kinds` has two folders of twenty. `links`,
`zeros` and `named` have broken links, empty files, and folders with names of pictures. `same` is a
link to `pictures`. If the files have more than 16 MiB together, only jobs read them completely and
find incomplete ones.

{"".join(f"    {line}" + chr(10) for line in yaml.safe_dump(OWN, sort_keys=False).splitlines())}"""


def page() -> Iterator[str]:
    """The lines of the page."""
    yield INTRODUCTION
    for heading, cases in PARTS.items():
        yield f"## {heading}\n\n| input | error | exit status |\n| --- | --- | --- |"
        for case in cases:
            with filled():
                status, errors = outcome(case)
            yield line(case, status, errors.splitlines()[-1])
        yield ""
    yield f"## Unusual pictures, which are accepted: `python -m {ODD}`\n"
    yield (
        "Forty pictures, among them transparent, 16-bit, turned, animated, incomplete and repeated "
        f"ones:\n\n{odd()}"
    )


def odd() -> str:
    """What `init` prints about a folder of odd pictures, without this machine's estimate."""
    said = io.StringIO()
    with filled() as folder, redirect_stdout(said), redirect_stderr(io.StringIO()):
        fill_odd(folder / "odd")
        with mock.patch.object(sys, "argv", ODD.split()), suppress(SystemExit):
            run(datasets)
    return "".join(f"    {line}\n" for line in said.getvalue().splitlines()[:-1])


if __name__ == "__main__":
    print("\n".join(page()).rstrip())
