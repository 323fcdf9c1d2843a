"""GA-NTK's programs compiled for an H100 on a machine without one: launches, waits, memory, TF32.

    make test-cuda-compile          # fetches JAX's CUDA plugin once (0.7 GB), then tests the bounds
    python -m benchmarks launches --out launches.csv

A program is a `step` (a method's loss with its gradient, without optimiser and loop), the `loop`
that ends at a stop and has branches in the loss, or a `stretch` of fixed length without branches
(`gantk/descent/programs.py`). For loops and stretches the numbers are per iteration. A launch is an
operation of the compiled program that becomes a kernel, a copy or a library call. It counts once
for each turn of its loop; of a branch, only the usual side counts. A wait is a condition that the
host must read: of a branch, or of each turn of a loop of unknown length. TF32 instructions are
counted in the PTX.
"""

import json
import os
import re
import site
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from itertools import product
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from benchmarks import _markdown
from suite.running.errors import InputError
from suite.running.files import csv_text, write_text
from suite.running.provenance import ROOT

PLUGIN = ROOT / ".venvs" / "cuda"
CASES = {
    "GA-CNTK, 28x28, n = 64": ("ga-cntk", (28, 28, 1), 64),
    "GA-CNTK, 28x28, n = 256": ("ga-cntk", (28, 28, 1), 256),
    "GA-CNTK, 64x64x3, n = 256": ("ga-cntk", (64, 64, 3), 256),
    "GA-CNTKg, 28x28, b = 64": ("ga-cntkg", (28, 28, 1), 64),
    "GA-CNTKg, 32x32x3, b = 64": ("ga-cntkg", (32, 32, 3), 64),
}
H100: dict[str, int | float] = {
    "threads_per_block_limit": 1024,
    "threads_per_warp": 32,
    "threads_per_core_limit": 2048,
    "shared_memory_per_block": 48 * 2**10,
    "shared_memory_per_block_optin": 227 * 2**10,
    "shared_memory_per_core": 228 * 2**10,
    "core_count": 132,
    "fpus_per_core": 128,
    "block_dim_limit_x": 2**31 - 1,
    "block_dim_limit_y": 2**16 - 1,
    "block_dim_limit_z": 2**16 - 1,
    "registers_per_core_limit": 2**16,
    "registers_per_block_limit": 2**16,
    "memory_bandwidth": 3_352_000_000_000,
    "l2_cache_size": 50 * 2**20,
    "clock_rate_ghz": 1.98,
    "device_memory_size": 80 * 10**9,
}
"""The properties of a GPU that XLA needs, for an H100 with 80 GB (SXM)."""
PROGRAMS = {"step": ("rows", "whole"), "loop": ("whole",), "stretch": ("whole",)}
"""Program -> the blockings that it is compiled with."""
COLUMNS = ["case", "program", "blocking", "launches", "waits", "temporary_mib", "tf32"]
COLUMNS += ["compile_cpu_seconds"]
FREE = {"parameter", "constant", "tuple", "get-tuple-element", "bitcast", "after-all"}
FREE |= {"opt-barrier", "partition-id", "replica-id", "copy-done", "async-done", "iota-done"}
"""Operations of a compiled program that launch nothing."""


def environment(dump: Path) -> dict[str, str]:
    """Variables that let JAX find the plugin and CUDA's libraries, and write PTX to `dump`."""
    cuda = PLUGIN / "nvidia" / "cu13"
    folders = [Path(site.getsitepackages()[0]), PLUGIN]
    libraries = [str(path) for folder in folders for path in sorted(folder.glob("nvidia/*/lib"))]
    return {
        **os.environ,
        "JAX_ENABLE_COMPILATION_CACHE": "false",  # a program from the disk leaves no PTX
        "JAX_PLATFORMS": "cpu",
        "JAX_SKIP_CUDA_CONSTRAINTS_CHECK": "1",
        "LD_LIBRARY_PATH": os.pathsep.join(libraries),
        "PATH": os.pathsep.join([str(cuda / "bin"), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(PLUGIN)]),
        "XLA_FLAGS": f"--xla_gpu_cuda_data_dir={cuda} --xla_dump_to={dump}",
    }


def missing() -> str | None:
    """The error if JAX's CUDA plugin is not installed, else None."""
    if (PLUGIN / "installed").exists():
        return None
    return f"{PLUGIN}: no CUDA plugin of JAX: `make test-cuda-compile` fetches it"


class Gpu:
    """The part of a JAX device that the choice of a tile uses."""

    platform = "gpu"

    def memory_stats(self) -> dict[str, int]:
        """Three quarters of the memory, which JAX takes when it starts."""
        return {"bytes_limit": int(H100["device_memory_size"] * 3 / 4)}


def compiled(method: str, shape: tuple[int, ...], n: int, blocking: str, program: str) -> Any:
    """A program of `PROGRAMS`, compiled for an H100. Nothing is run."""
    from gantk.backend import configure

    configure()
    import jax
    import numpy as np
    from jax.experimental import topologies
    from jax.sharding import SingleDeviceSharding

    from gantk.descent import programs, with_generator, without_generator
    from gantk.descent.optimiser import make_optimiser
    from gantk.dynamics.discriminator import Discriminators, Held
    from suite.protocol.artefacts import Subset
    from suite.protocol.method import METHODS, Job

    fields = [f"  {name}: {value}" for name, value in H100.items()]
    capability = "  cuda_compute_capability { major: 9 minor: 0 }"
    target = "\n".join(["gpu_device_info {", capability, *fields, "}", 'platform_name: "CUDA"'])
    topology = topologies.get_topology_desc(platform="cuda", target_config=target, topology="1x1x1")
    of_process = jax.devices

    def hold(self: Discriminators, real: jax.Array, noise: object) -> Held:
        """The shapes of the arrays of a descent. Programs after this call are for the H100."""
        jax.devices = lambda *_: topology.devices
        held: list[Any] = [jax.eval_shape(kernel.fixed, real) for kernel in self.kernels]
        lams: list[Any] = [jax.ShapeDtypeStruct((), np.float64)] * len(held)
        return Held(held, lams)

    class Compiled(Exception):
        pass

    def descend(
        loss: Any, parameters: Any, constants: Any, settings: Any, *_: Any, **more: Any
    ) -> NoReturn:
        zero: Any = np.zeros((), np.int32)
        best: Any = np.zeros(())
        moments = make_optimiser(settings).init(parameters)
        state = programs.State(parameters, moments, zero, best, zero, zero)
        arguments: tuple[Any, ...] = (constants, state, zero)
        project = more.get("project", lambda rows: rows)
        step = partial(programs.iterate, loss, project, settings)
        function: Any = partial(programs.while_going, step)
        if program == "stretch":
            step = partial(programs.iterate, more["quick"], project, settings)
            function = partial(programs.stretch, step)
        elif program == "step":
            function, arguments = jax.value_and_grad(loss), (parameters, zero, constants)
        there = SingleDeviceSharding(topology.devices[0])
        jitted = jax.jit(function, in_shardings=there, out_shardings=there)
        shapes = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype), arguments)
        raise Compiled(jitted.trace(*shapes).lower(lowering_platforms=("cuda",)).compile())

    replaced: list[tuple[Any, str, Any]] = [
        (Discriminators, "hold", hold),
        (with_generator, "descend", descend),
        (without_generator, "descend", descend),
    ]
    for place, name, ours in replaced:
        setattr(place, name, ours)
    entry = METHODS["gantk"].lookup(method)
    rows = Subset(
        np.zeros((n, *shape), np.uint8), np.zeros(n, np.int64), np.arange(n), "any", "train", 0
    )
    settings = entry.settings(blocking=blocking)
    jax.devices = lambda *_: [Gpu()]
    try:
        entry.train(Job(rows, settings, 0, 0, n))
    except Compiled as caught:
        return caught.args[0]
    finally:
        jax.devices = of_process


def computations(text: str) -> tuple[dict[str, list[str]], str]:
    """The instructions of each computation in a program's text, and the name of its entry."""
    found: dict[str, list[str]] = {}
    entry = name = ""
    for line in text.splitlines():
        opening = re.match(r"(ENTRY )?%?([\w.-]+) \(.*\{$", line)
        if opening:
            name = opening[2]
            entry = name if opening[1] else entry
            found[name] = []
        elif name and line.startswith("  "):
            found[name].append(line)
    return found, entry


def launches(text: str) -> tuple[int, int]:
    """Launches (kernels, copies, library calls) and waits of one run of a compiled program.

    A loop of unknown length counts as one turn.
    """
    found, entry = computations(text)

    def called(instruction: str) -> Iterator[tuple[str, int]]:
        """The computations that an operation runs, and how many times."""
        turns = re.search(r'"known_trip_count":\{"n":"(\d+)"', instruction)
        for name in re.findall(r"(?:body|to_apply|calls)=%?([\w.-]+)", instruction):
            yield name, int(turns[1]) if turns else 1
        branches = re.search(r"branch_computations=\{([^}]*)\}", instruction)
        if branches:  # of a predicate: false, true
            yield branches[1].split(",")[-1].strip().lstrip("%"), 1
        for name in re.findall(r"true_computation=%?([\w.-]+)", instruction):
            yield name, 1

    def count(name: str) -> tuple[int, int]:
        starts = waits = 0
        for instruction in found[name]:
            operation = re.search(r"(?:^|\s)([a-z][a-z0-9-]*)\(", instruction.partition(" = ")[2])
            if operation is None or operation[1] in FREE:
                continue
            if operation[1] not in {"while", "conditional", "call", "async-start"}:
                starts += 1
                continue
            counted = "known_trip_count" in instruction
            waits += operation[1] == "conditional" or (operation[1] == "while" and not counted)
            for inner, times in called(instruction):
                more = count(inner)
                starts, waits = starts + times * more[0], waits + times * more[1]
        return starts, waits

    return count(entry)


def main(
    case: Annotated[
        str | None, typer.Option(help=f"one of {'; '.join(CASES)}; default: all, as a table")
    ] = None,
    blocking: Annotated[str, typer.Option(help="with --case: rows or whole")] = "whole",
    program: Annotated[str, typer.Option(help="with --case: step, loop or stretch")] = "step",
    out: Annotated[Path | None, typer.Option(help="the table as CSV")] = None,
) -> None:
    """Compile programs for an H100, and print their launches, waits and memory."""
    why = missing()
    if why is not None:
        raise InputError(why)
    if case is None:
        rows = []
        print(_markdown.head(*COLUMNS))
        for name, kind in product(CASES, PROGRAMS):
            for each in PROGRAMS[kind]:
                x = measured(name, each, kind)
                rows.append({"case": name, "program": kind, "blocking": each} | x)
                print(_markdown.line(*(rows[-1][c] for c in COLUMNS)), flush=True)
        if out is not None:
            write_text(out, csv_text(COLUMNS, ([row[c] for c in COLUMNS] for row in rows)))
        return
    started = time.process_time()
    found = compiled(*CASES[case], blocking, program)
    seconds = time.process_time() - started
    starts, waits = launches(found.as_text())
    if program == "stretch":
        from gantk.descent.programs import LENGTH

        starts, waits = round(starts / LENGTH), -(-waits // LENGTH)
    report = {
        "launches": starts,
        "waits": waits,
        "temporary_mib": round(found.memory_analysis().temp_size_in_bytes / 2**20, 1),
        "compile_cpu_seconds": round(seconds, 1),
    }
    print(json.dumps(report))


def measured(case: str, blocking: str, program: str) -> dict[str, float]:
    """Launches, waits, memory, TF32 instructions and seconds of a case, in its own process."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks", "launches"]
        command += ["--case", case, "--blocking", blocking, "--program", program]
        done = subprocess.run(
            command, cwd=ROOT, env=environment(Path(folder)), capture_output=True, text=True
        )
        if done.returncode:
            raise InputError(f"{case}, {blocking}: {done.stderr.strip().splitlines()[-1:]}")
        ptx = [path.read_text() for path in Path(folder).glob("*.ptx")]
    report: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return report | {"tf32": sum(x.count("tf32") for x in ptx), "ptx_files": len(ptx)}


COMMANDS = (main,)
