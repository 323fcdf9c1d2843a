"""Runs docs/tutorial.md in an empty folder, and compares the output with the page.

    python tests/tutorial.py [--venv FOLDER]

A block of `console` has commands, each after a `$`, and their output. A line of `...` stands for
any lines. Numbers with a decimal point and widths of columns may differ; everything else must be
equal. A block with a title is a file that the reader saves. `--venv` uses an existing environment.
The exit status is 1 at the first command that fails or prints something else.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "tutorial.md"
BLOCK = re.compile(r"^(<!-- minutes -->\n)?```(\w+)(?: title=\"(.+)\")?\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Step:
    """A command and its output, or a file and its content (`printed`).

    slow: whether it takes minutes.
    """

    command: str
    printed: str
    file: str = ""
    slow: bool = False


def steps(text: str) -> Iterator[Step]:
    """The steps of the page, in order."""
    for minutes, language, title, body in BLOCK.findall(text):
        if title:
            yield Step("", body, title)
        elif language == "console":
            for part in re.split(r"^\$ ", body, flags=re.M)[1:]:
                command, _, printed = part.partition("\n")
                yield Step(command, printed, slow=bool(minutes))


def plain(line: str) -> str:
    """A line without numbers with a decimal point and without widths of columns."""
    numbers = re.sub(r"[+−-]?\d+\.\d+", "#", line)
    return re.sub(r"-{2,}", "--", re.sub(r"\s+", " ", numbers)).strip()


def same(said: str, printed: str) -> bool:
    """Whether a command printed what the page shows."""
    parts, current = [], []
    for line in said.splitlines():
        if line == "...":
            parts.append(current)
            current = []
        else:
            current.append(plain(line))
    parts.append(current)
    lines = [plain(line) for line in printed.splitlines()]
    first, *others = parts
    if lines[: len(first)] != first:
        return False
    if not others:
        return len(lines) == len(first)
    place = len(first)
    *middle, last = others
    for part in middle:
        starts = range(place, len(lines) - len(part) + 1)
        found = next((i for i in starts if lines[i : i + len(part)] == part), None)
        if found is None:
            return False
        place = found + len(part)
    return not last or (len(lines) - len(last) >= place and lines[-len(last) :] == last)


def follow(folder: Path, text: str, environment: dict[str, str], slow: bool) -> Iterator[str]:
    """Runs the steps of the page in `folder`, a checkout; yields the name of each finished step.

    Raises:
        AssertionError: a command failed, or printed something else.
    """
    environment = dict(environment)
    for step in steps(text):
        if step.slow and not slow:
            continue
        if step.file:
            (folder / step.file).write_text(step.printed, encoding="utf-8")
            yield f"saved {step.file}"
            continue
        if step.command.startswith("export "):  # later commands have shells of their own
            name, _, value = step.command.removeprefix("export ").partition("=")
            value = value.replace("$PWD", str(folder)).replace(f"${name}", environment[name])
            environment[name] = value
            continue
        done = subprocess.run(
            ["bash", "-c", step.command],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        told = done.stdout + done.stderr[-3000:]
        assert done.returncode == 0 or step.printed.startswith("error: "), f"{step.command}\n{told}"
        assert same(step.printed, done.stdout), f"$ {step.command}\n{told}"
        yield f"$ {step.command}"


def copied(folder: Path) -> None:
    """Copy the tracked and the new files of the checkout, like a clone."""
    command = ["git", "ls-files", "-co", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def main() -> int:
    """Run the whole page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--venv", type=Path, help="use this environment, install none")
    venv = parser.parse_args().venv
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copied(folder)
        if venv is not None:
            (folder / ".venv").symlink_to(venv.resolve())
            os.utime(folder / "requirements.lock", (0, 0))  # older than what is installed
        try:
            for done in follow(folder, PAGE.read_text(encoding="utf-8"), dict(os.environ), True):
                print(done, flush=True)
        except AssertionError as error:
            print(f"the tutorial is not true:\n{error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
