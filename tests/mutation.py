"""Puts faults into a copy of the checkout, one at a time, and prints which ones the tests detect.

    python tests/mutation.py ROOM [PART OF A FILE'S NAME]

`tests/mutations/ROOM.toml` lists the faults. Each source file has a table with `tests`, the test
files that should detect them, and `faults`, a list of [old text, new text]; the old text must occur
once in the file. The fastest tests run first. It takes minutes and is not part of `make test`. The
exit status is 1 if a fault was missed.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 3
"""A fault is also detected if its tests take this many times the time of all tests without it."""


def copied(folder: Path) -> None:
    """Copy the tracked and the new files of the checkout, without results."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "--", ".", ":!results"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)


def tried(folder: Path, *arguments: str, seconds: float | None = None) -> str | None:
    """Output of pytest if all tests pass within `seconds`, else None. Exits if it cannot run."""
    environment = {
        **os.environ,
        # bytecode is found by size and time in seconds of the source, which two faults may share
        "PYTHONDONTWRITEBYTECODE": "1",
        # compiled programs are found by their content, and most have no fault
        "JAX_COMPILATION_CACHE_DIR": str(folder / "compiled"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *arguments]
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        return None
    if done.returncode > 1:
        sys.exit(f"error: {' '.join(command)} did not run:\n{done.stdout[-2000:]}{done.stderr}")
    return None if done.returncode else done.stdout


def fastest_first(printed: str) -> list[str]:
    """The tests in the order of their times, according to pytest's list of durations."""
    spent: dict[str, float] = {}
    for took, test in re.findall(r"^([\d.]+)s (?:setup|call) +(.+)$", printed, re.MULTILINE):
        spent[test] = spent.get(test, 0) + float(took)
    return sorted(spent, key=spent.__getitem__)


def main(room: str, part: str = "") -> int:
    """Try every fault of a room in the files whose names contain `part`."""
    tables = tomllib.loads((ROOT / "tests" / "mutations" / f"{room}.toml").read_text())
    tables = {file: table for file, table in tables.items() if part in file}
    for file, table in tables.items():
        text = (ROOT / file).read_text()
        for old, _ in table["faults"]:
            if text.count(old) != 1:
                sys.exit(f"error: {file} holds {old!r} {text.count(old)} times, not once")
    caught: list[bool] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copied(folder)
        start = time.monotonic()
        files = sorted({test for table in tables.values() for test in table["tests"]})
        printed = tried(folder, *files, "--durations=0", "--durations-min=0")
        seconds = PATIENCE * (time.monotonic() - start)
        ordered = fastest_first(printed or "")
        # in this order too: a test that depends on an earlier one would detect everything
        if not ordered or tried(folder, *ordered) is None:
            sys.exit("error: the tests fail without a fault")
        for file, table in tables.items():
            text = (ROOT / file).read_text()
            tests = [test for test in ordered if test.split("::")[0] in table["tests"]]
            for old, new in table["faults"]:
                (folder / file).write_text(text.replace(old, new))
                caught.append(tried(folder, *tests, seconds=seconds) is None)
                word = "caught    " if caught[-1] else "NOT CAUGHT"
                print(f"{word} {file}: {old.strip()!r} -> {new.strip()!r}", flush=True)
            (folder / file).write_text(text)
    print(f"{sum(caught)} of {len(caught)} caught")
    return int(not all(caught))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
