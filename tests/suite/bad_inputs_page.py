"""The cases of bad_inputs.py run one by one, and the page that is made of what they say.

`make bad-inputs` keeps what this prints as results/reference/bad-inputs.md.
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
    """Exit status and stderr of a case, in a folder that `fill` has filled."""
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
    """A case as a line of the page; lists of all that is valid are left out."""
    short = re.sub(r"\(valid: [^)]*\)", "(valid: …)", sentence.removeprefix("error: "))
    asked = f"`{case.label}`" + (f", {case.trouble}" if case.trouble else "")
    return f"| {asked} | {short} | {status} |".replace("\n", " ")


@contextmanager
def filled() -> Iterator[Path]:
    """A temporary folder that `fill` has filled, as the working directory."""
    with (
        tempfile.TemporaryDirectory() as name,
        chdir(name),
        mock.patch.dict(os.environ, {"XDG_CACHE_HOME": "cache"}),
    ):
        fill(Path(name))
        yield Path(name)


PARTS = {
    "Configurations: `snakemake` says it before the first job, `snakemake -n` too": CONFIGURATIONS,
    "Commands: said before they begin to work": COMMANDS,
    "In a job: what cannot be known before": JOBS,
    **HABITS,
}
EVERY = [case for cases in PARTS.values() for case in cases]
INTRODUCTION = f"""# Bad inputs, and what is said of them

Made by `make bad-inputs` from the {len(EVERY)} cases that `tests/suite/test_bad_input.py` runs,
which also sees that this page is true. Each ends in one sentence on stderr, after `error: `, and
leaves every file as it was.

A configuration is this one with one thing changed. `pictures` holds 20 pictures of 16 x 16;
`mixed`, `cut`, `text`, `deep` and `bomb` hold twelve, one of which is wider, cut off, a text, of
floating-point numbers, or of 400 million pixels; `kinds` holds two folders of twenty, `links`,
`zeros` and `named` broken links, empty files and folders with the names of pictures, and `same` is
a link to `pictures`. Where the files are more than 16 MiB in all, jobs alone read them whole, and
find there what is cut off.

{"".join(f"    {line}" + chr(10) for line in yaml.safe_dump(OWN, sort_keys=False).splitlines())}"""


def page() -> Iterator[str]:
    """The lines of the page."""
    yield INTRODUCTION
    for heading, cases in PARTS.items():
        yield f"## {heading}\n\n| asked | said | exit status |\n| --- | --- | --- |"
        for case in cases:
            with filled():
                status, errors = outcome(case)
            yield line(case, status, errors.splitlines()[-1])
        yield ""
    yield f"## Odd pictures, which are taken: `python -m {ODD}`\n"
    yield (
        "Forty pictures as people have them, transparent and of 16 bits, turned and animated, cut "
        f"off and twice the same:\n\n{odd()}"
    )


def odd() -> str:
    """What `init` prints of a folder of odd pictures, without its estimate of this machine."""
    said = io.StringIO()
    with filled() as folder, redirect_stdout(said), redirect_stderr(io.StringIO()):
        fill_odd(folder / "odd")
        with mock.patch.object(sys, "argv", ODD.split()), suppress(SystemExit):
            run(datasets)
    return "".join(f"    {line}\n" for line in said.getvalue().splitlines()[:-1])


if __name__ == "__main__":
    print("\n".join(page()).rstrip())
