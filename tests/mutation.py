"""Puts faults into a copy of the checkout, one at a time, and tells which the tests catch.

    python tests/mutation.py ROOM [PART OF A FILE'S NAME]

`tests/mutations/ROOM.toml` holds the faults: for each source file a table with `tests`, the test
files that ought to see them, and `faults`, a list of [old text, new text], the old text standing
once in the file. Not a part of `make test`: it takes minutes. Exit status 1 if a fault was missed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 3
"""A fault counts as caught when its tests take so many times as long as all do without one."""


def copied(folder: Path) -> None:
    """The tracked and the new files of the checkout, without results."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "--", ".", ":!results"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)


def passes(folder: Path, tests: list[str], seconds: float | None = None) -> bool:
    """Whether the test files pass in so many seconds; an error if they cannot be run."""
    # bytecode is told apart by size and second of the source: two faults may share both
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=seconds
        )
    except subprocess.TimeoutExpired:
        return False
    if done.returncode > 1:
        sys.exit(f"error: {' '.join(tests)} did not run:\n{done.stdout[-2000:]}{done.stderr}")
    return done.returncode == 0


def main(room: str, part: str = "") -> int:
    """Try every fault of a room in the files whose names hold `part`."""
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
        if not passes(
            folder, sorted({test for table in tables.values() for test in table["tests"]})
        ):
            sys.exit("error: the tests fail without a fault")
        seconds = PATIENCE * (time.monotonic() - start)
        for file, table in tables.items():
            text = (ROOT / file).read_text()
            for old, new in table["faults"]:
                (folder / file).write_text(text.replace(old, new))
                caught.append(not passes(folder, table["tests"], seconds))
                word = "caught    " if caught[-1] else "NOT CAUGHT"
                print(f"{word} {file}: {old.strip()!r} -> {new.strip()!r}", flush=True)
            (folder / file).write_text(text)
    print(f"{sum(caught)} of {len(caught)} caught")
    return int(not all(caught))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
