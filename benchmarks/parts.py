"""Many solutions of GA-CNTK: a process each, beside one process for several.

    python -m benchmarks parts --parts 32 --iterations 5000    # all of 2,048 samples at n = 64
    python -m benchmarks parts                                 # minutes; the whole follows from it

A process each compiles anew; those of several solutions begin with an empty cache of programs, and
fill it. As many processes as cores run side by side, each with one thread. Prints seconds by the
clock and of the processor. From runs of 1 iteration and of many follows what a solution costs
beside its iterations, and so what 32 solutions of 5,000 iterations cost.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from datasets.draw import draw
from suite.protocol.source import SOURCES
from suite.running.cli import run
from suite.running.cpu import available_cores
from suite.running.errors import InputError

WHOLE = 32, 5000
app = typer.Typer(help=__doc__, add_completion=False, rich_markup_mode=None)


class Took(NamedTuple):
    """Seconds by the clock and of the processor."""

    clock: float
    processor: float


def train(folder: Path, iterations: int, first: int, parts: int, **variables: str) -> None:
    """One process that finds `parts` solutions."""
    command = [sys.executable, "-m", "gantk", "train", "ga-cntk", "--data", f"{folder}/data.npz"]
    command += ["--out", str(folder / f"{parts}-{iterations}"), "--part", str(first)]
    command += ["--parts", str(parts), "--set", f"iterations={iterations}", "--set", "snapshots=2"]
    one = {"OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
    done = subprocess.run(
        command, env={**os.environ, **one, **variables}, capture_output=True, text=True
    )
    if done.returncode:
        raise InputError(done.stderr.strip().splitlines()[-1].removeprefix("error: "))


def timed(folder: Path, cores: int, iterations: int, parts: int, each: int) -> Took:
    """All solutions, `each` of them a process."""
    cache = {"XDG_CACHE_HOME": str(folder / f"cache-{each}-{iterations}")}
    variables = {"JAX_ENABLE_COMPILATION_CACHE": "false"} if each == 1 else cache
    clock, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with ThreadPoolExecutor(cores) as pool:
        jobs = [
            pool.submit(train, folder, iterations, first, min(each, parts - first), **variables)
            for first in range(0, parts, each)
        ]
        for job in jobs:
            job.result()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(time.perf_counter() - clock, used)


@app.command()
def main(
    n: Annotated[int, typer.Option(help="rows of MNIST, and of a solution", min=2)] = 64,
    parts: Annotated[int, typer.Option(help="solutions", min=2)] = 8,
    iterations: Annotated[int, typer.Option(help="of each", min=2)] = 100,
    each: Annotated[int, typer.Option(help="solutions a process", min=2)] = 4,
    cores: Annotated[int | None, typer.Option(help="processes at a time; default: all")] = None,
) -> None:
    """Time solutions in processes of their own and several a process."""
    side_by_side = cores or available_cores()
    source = SOURCES.lookup("mnist")
    found: dict[int, tuple[Took, Took]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        draw(source, source.settings(), "train", n, 0).save(folder / "data.npz")
        for some in (1, each):
            short, long = (timed(folder, side_by_side, k, parts, some) for k in (1, iterations))
            found[some] = short, long
    print(f"{parts} solutions of {iterations} iterations, n = {n}, {side_by_side} at a time")
    print(f"{'solutions a process':>20} {'clock [s]':>10} {'processor [s]':>14} {'start [s]':>10}")
    for some, (short, long) in found.items():
        start = short.processor / parts
        print(f"{some:>20} {long.clock:>10.1f} {long.processor:>14.1f} {start:>10.2f}")
    # An iteration costs the same either way.
    spent = sum(long.processor - short.processor for short, long in found.values())
    iteration = spent / (2 * parts * (iterations - 1))
    whole = {
        some: WHOLE[0] * (short.processor / parts + WHOLE[1] * iteration) / side_by_side
        for some, (short, _) in found.items()
    }
    ratio = whole[each] / whole[1]
    print(
        f"32 solutions of 5,000 iterations: {whole[1]:.0f} s -> {whole[each]:.0f} s of the "
        f"processor a core, ratio {ratio:.2f}; by the clock, here, "
        f"{found[each][1].clock / found[1][1].clock:.2f}"
    )


if __name__ == "__main__":
    run(app)
