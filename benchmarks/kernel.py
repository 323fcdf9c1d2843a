"""One step of loss and gradient of GA-CNTK beside neural-tangents: seconds, memory, accuracy.

    python -m benchmarks kernel --n 256 --dataset mnist --precision float32
    python -m benchmarks kernel --n 1024 --alone
    python -m benchmarks kernel --n 64 --blocking rows --blocking whole

Each implementation runs in its own process. They take turns, so that other load on the machine
affects all of them, and only the second half of a turn is timed. Prints JSON: seconds are medians
of wall-clock time, cpu_seconds of CPU time on all threads, both without compilation; load is the
machine's load average over the last minute; peak_mib is the peak memory without the imports;
gradient_error is the largest difference to neural-tangents in float64, relative to the largest
entry of that gradient.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import typer

from suite.running.errors import InputError

SHAPES = {"mnist": (28, 28, 1), "cifar10": (32, 32, 3), "celeba": (64, 64, 3)}
TURN = 1.0
"""Seconds of warm-up of a turn, and of its timed part. A longer step is made once in each part."""


def rows(dataset: str, n: int, mix: float) -> tuple[np.ndarray, np.ndarray]:
    """Real rows (bundled MNIST; random pixels of the other shapes) and generated ones, float64.

    mix: 0 for noise, as at the start of a descent; 1 for the real rows themselves.
    """
    from datasets.draw import draw
    from suite.protocol.seeds import stream
    from suite.protocol.source import SOURCES

    shape = (n, *SHAPES[dataset])
    if dataset == "mnist":
        source = SOURCES.lookup("mnist")
        real = draw(source, source.settings(), "train", n, 0).data / 255
    else:
        real = stream("benchmark-real", 0).random(shape)
    return real, (1 - mix) * stream("benchmark-generated", 0).random(shape) + mix * real


def memory_mib(field: Literal["VmRSS", "VmHWM"]) -> float:
    """Memory of this process now (VmRSS) or at its peak (VmHWM), in MiB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024


def contestant(
    kernel_name: str, blocking: str, n: int, dataset: str, precision: str, mix: float
) -> None:
    """Compile a step and print its time, then take a turn for every line of standard input."""
    if kernel_name == "tiles":
        from gantk.backend import configure

        configure()
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)  # the peer runs with JAX's other defaults

    from gantk.dynamics.discriminator import gram_loss, make_kernel, released_lambda
    from gantk.kernel.architecture import architecture
    from gantk.settings import DiscriminatorSettings

    settings = DiscriminatorSettings(kernel=kernel_name, blocking=blocking)
    side = SHAPES[dataset][0]
    kernel = make_kernel(settings, architecture(settings, side), side, n)
    jnp.linalg.eigh(jnp.eye(2))  # loads LAPACK, which is an import
    imports = memory_mib("VmRSS")
    real, generated = (jnp.asarray(x, precision) for x in rows(dataset, n, mix))
    fixed = jax.jit(kernel.fixed)(real)
    loss_of, lam = gram_loss(settings, n, n), released_lambda(settings.rate, 2 * n)

    def loss(fixed: Any, generated: jax.Array) -> jax.Array:
        return loss_of(kernel.joint(fixed, generated), jnp.float64(lam))

    started = time.perf_counter()
    step = jax.jit(jax.value_and_grad(loss, argnums=1)).lower(fixed, generated).compile()
    compiled = time.perf_counter() - started
    gradient = jax.block_until_ready(step(fixed, generated))[1]
    print(json.dumps({"compile_seconds": compiled}), flush=True)
    for line in sys.stdin:
        # The first steps of a turn are slow: caches hold the other process's data, and the threads
        # wake up on one core. In a descent this never happens.
        warm = time.perf_counter() + TURN
        while time.perf_counter() < warm:
            jax.block_until_ready(step(fixed, generated))
        started, used, steps = time.perf_counter(), time.process_time(), 0
        while steps == 0 or time.perf_counter() - started < TURN:
            gradient = jax.block_until_ready(step(fixed, generated))[1]
            steps += 1
        seconds = (time.perf_counter() - started) / steps
        cpu_seconds = (time.process_time() - used) / steps
        if line.strip() != "step":
            np.save(line.strip(), np.asarray(gradient, np.float64))
        peak = memory_mib("VmHWM") - imports
        report = {"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_mib": peak}
        print(json.dumps(report), flush=True)


class Process:
    """An implementation in its own process."""

    def __init__(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "benchmarks", "kernel"]
        command += ["--contestant", *arguments]
        self.arguments = arguments
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def read(self) -> dict[str, float]:
        """The next report of the process."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise InputError(
                f"the process of {' '.join(self.arguments)} ended without a result (out of "
                "memory?): choose a smaller n, or add --alone to leave neural-tangents out"
            )
        report: dict[str, float] = json.loads(line)
        return report

    def step(self, save: Path | None = None) -> dict[str, float]:
        """Take a turn. The gradient is written to `save`."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{save or 'step'}\n")
        self.process.stdin.flush()
        return self.read()


def measure(
    contestants: dict[str, Process], rounds: int, reference: np.ndarray | None
) -> dict[str, Any]:
    """Median seconds, peak memory and gradient error of each; they take turns."""
    report: dict[str, Any] = {}
    compiled = {name: process.read() for name, process in contestants.items()}
    turns: dict[str, list[dict[str, float]]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, process in contestants.items():
            turns[name].append(process.step())
    with tempfile.TemporaryDirectory() as folder:
        for name, process in contestants.items():
            path = Path(folder) / f"{name}.npy"
            peak = process.step(path)["peak_mib"]
            seconds = [turn["seconds"] for turn in turns[name]]
            report[name] = {
                "seconds": float(np.median(seconds)),
                "seconds_min": min(seconds),
                "cpu_seconds": float(np.median([turn["cpu_seconds"] for turn in turns[name]])),
                "peak_mib": round(peak, 1),
                **compiled[name],
            }
            if reference is not None:
                error = np.abs(np.load(path) - reference).max() / np.abs(reference).max()
                report[name]["gradient_error"] = float(error)
    return report


def main(
    n: Annotated[int, typer.Option(help="real rows, and as many generated ones", min=1)] = 256,
    dataset: Annotated[str, typer.Option(help=f"shape: {', '.join(SHAPES)}")] = "mnist",
    precision: Annotated[str, typer.Option(help="dtype of both: float32 or float64")] = "float32",
    mix: Annotated[float, typer.Option(help="share of real rows in the generated ones")] = 0.0,
    rounds: Annotated[int, typer.Option(help="turns of each", min=1)] = 5,
    alone: Annotated[bool, typer.Option(help="leave neural-tangents out")] = False,
    blocking: Annotated[
        list[str] | None, typer.Option(help="our blocking: rows, whole or auto; repeatable")
    ] = None,
    contestant_: Annotated[
        str | None, typer.Option("--contestant", hidden=True, help="run as a contestant")
    ] = None,
) -> None:
    """Time one loss-and-gradient step of ours and of neural-tangents."""
    if dataset not in SHAPES or precision not in ("float32", "float64"):
        raise InputError(
            f"dataset {dataset}, precision {precision}: choose a dataset of {', '.join(SHAPES)} "
            "and float32 or float64"
        )
    if not set(blocking or []) <= {"rows", "whole", "auto"}:
        raise InputError(f"blocking {blocking}: choose rows, whole or auto")
    ways = blocking or ["auto"]
    if contestant_ is not None:
        contestant(contestant_, ways[0], n, dataset, precision, mix)
        return
    common = ("--n", str(n), "--dataset", dataset, "--mix", str(mix))
    names = ["ours"] if blocking is None else [f"ours, {way}" for way in ways]
    processes = {
        name: Process("tiles", *common, "--precision", precision, "--blocking", way)
        for name, way in zip(names, ways, strict=True)
    }
    reference = None
    if not alone:
        oracle = Process("neural-tangents", *common, "--precision", "float64")
        oracle.read()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "reference.npy"
            oracle.step(path)
            reference = np.load(path)
        oracle.process.kill()
        peer = Process("neural-tangents", *common, "--precision", precision)
        processes["neural_tangents"] = peer
    report = measure(processes, rounds, reference)
    if not alone:
        peer_seconds = report["neural_tangents"]["seconds"]
        report["ratio"] = {name: peer_seconds / report[name]["seconds"] for name in names}
    report["load"] = os.getloadavg()[0]
    report["setting"] = {"n": n, "dataset": dataset, "precision": precision, "mix": mix}
    for process in processes.values():
        process.process.kill()
    print(json.dumps(report, indent=2))


COMMANDS = (main,)
