"""Memory that is freed and allocated again."""

import mmap
import subprocess
import sys

import pytest

SCRIPT = """
import resource, sys, typer
from suite.running.cli import run
app = typer.Typer()
@app.command()
def faults() -> None:
    for _ in range(20):
        bytearray(2**26)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
app(args=[]) if sys.argv.pop() == "given back" else run(app)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's malloc")
def test_memory_that_a_command_frees_is_not_cleared_by_the_system_again() -> None:
    """Of 20 arrays in a row, each has new pages, or all have the pages of the first."""
    faults = {
        kind: int(subprocess.check_output([sys.executable, "-c", SCRIPT, kind], text=True))
        for kind in ("given back", "kept")
    }
    assert faults["given back"] - faults["kept"] > 15 * 2**26 // mmap.PAGESIZE
