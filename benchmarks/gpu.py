"""A check of the first run on a GPU: one table, to paste into an issue.

    python -m benchmarks gpu                 # minutes; `make gpu-check` calls it
    python -m benchmarks gpu --minutes 12    # the best of 12 minutes; `make gpu-check MINUTES=12`
    python -m benchmarks gpu --device cpu    # the check itself, on a machine without a GPU

The table has the device, driver and builds; value and gradient of the kernel engine compared with a
CPU, in both precisions; a product that TF32 would get wrong, in JAX and in PyTorch; iterations/s of
every method compared with the rates that plans use (`resources/rates.csv`, measured on a CPU,
unless `python -m suite measure` has run here); a killed run of each room, which must end in the
same bytes; and memory. If JAX or PyTorch is missing or a CPU build, the table says so and leaves
its checks out. The exit status is 1 if a check fails.
"""

import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import metadata
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from benchmarks import _markdown
from benchmarks._stages import TABLE1, Row, Stage, cells, finished
from suite.planning.configuration import all_methods, method_room
from suite.planning.known import known_rates
from suite.planning.rates import median_pass, noise
from suite.protocol.method import Work
from suite.running import devices
from suite.running.errors import InputError
from suite.running.files import read_arrays, read_json
from suite.running.lease import lease
from suite.running.provenance import machine

SHAPE = (28, 28, 1)
BOUNDS = {"float32": 1e-4, "float64": 1e-8}
"""Largest allowed difference of a gradient between devices, relative to its largest entry."""
PATIENCE = 600
"""Longest time of one command [s], so that a hanging GPU does not use all of the time."""


def product(framework: str) -> float:
    """Relative error of a float32 product of factors that have more bits than TF32 keeps."""
    values = np.full((256, 256), 1 + 2.0**-12, np.float32)
    exact = 256 * (1 + 2.0**-12) ** 2
    if framework == "jax":
        from gantk.backend import configure

        configure()
        import jax.numpy as jnp

        found = np.asarray(jnp.asarray(values) @ jnp.asarray(values))
    else:
        import torch

        from baselines.reproducible import device, reproducible

        # A convolution by single pixels: cuDNN takes TF32 for these unless it is told not to.
        with reproducible("product"):
            rows = torch.from_numpy(values).to(device())[:, :, None, None]
            found = torch.nn.functional.conv2d(rows, rows).cpu().numpy()
    return float(np.abs(found / exact - 1).max())


def step(precision: str, n: int) -> dict[str, np.ndarray]:
    """Loss and gradient of GA-CNTK half-way between noise and real rows."""
    from gantk.backend import configure, device_name

    configure()
    import jax
    import jax.numpy as jnp

    from gantk.dynamics.discriminator import gram_loss, make_kernel, released_lambda
    from gantk.kernel.architecture import architecture
    from gantk.settings import DiscriminatorSettings

    settings = DiscriminatorSettings()
    kernel = make_kernel(settings, architecture(settings, SHAPE[0]), SHAPE[0], n)
    real, start = (noise(n + k, SHAPE).data[:n] / 255 for k in (0, 1))
    fixed = jax.jit(kernel.fixed)(jnp.asarray(real, precision))
    loss_of, lam = gram_loss(settings, n, n), jnp.float64(released_lambda(settings.rate, 2 * n))
    program = jax.jit(
        jax.value_and_grad(lambda rows, fixed: loss_of(kernel.joint(fixed, rows), lam))
    )
    value, gradient = program(jnp.asarray((real + start) / 2, precision), fixed)
    return {
        "value": np.asarray(value, np.float64),
        "gradient": np.asarray(gradient, np.float64),
        "device": np.array(device_name()),
    }


def probed(folder: Path, device: str, what: str, *arguments: object) -> dict[str, np.ndarray]:
    """`step` or `product` in its own process, which chooses its device before the imports."""
    out = folder / f"{device}-{what}-{'-'.join(map(str, arguments))}.npz"
    words = [str(x) for x in (sys.executable, "-m", "benchmarks", "gpu", "--probe", out, what)]
    if not out.exists():
        _run([*words, *map(str, arguments)], device)
    return read_arrays(out)


def _environment(device: str) -> dict[str, str]:
    return {**os.environ, "DEVICE": device, "TQDM_DISABLE": "1"}


def _run(command: list[str], device: str, **more: str) -> None:
    environment = _environment(device) | more
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired as error:
        raise InputError(f"{' '.join(command[2:6])}: not finished after {PATIENCE} s") from error
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise InputError(f"{' '.join(command[2:6])}: {last.removeprefix('error: ')}")


def _training(folder: Path, name: str, rows: int, updates: int, out: str) -> list[str]:
    """The command of a short training on noise."""
    entry = all_methods()[name]
    settings: dict[str, Any] = {**entry.tiny, entry.budget: updates, "snapshots": 1}
    if entry.batch:
        settings["batch"] = min(rows, 64)
    data = folder / "noise.npz"
    if not data.exists():
        noise(rows, SHAPE).save(data)
    return [
        *(sys.executable, "-m", method_room(name), "train", name, "--data", str(data)),
        *("--out", str(folder / out), "--samples", "8", "--settings", json.dumps(settings)),
    ]


def machines() -> Iterator[Row]:
    """Device, driver and builds."""
    gpus, reason = devices.visible()
    yield Row("GPUs", ", ".join(gpus) or f"none ({reason})")
    query = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    try:
        said = subprocess.run(query, capture_output=True, text=True, timeout=devices.PATIENCE)
        yield Row("device, driver, memory", "; ".join(said.stdout.split("\n")).strip("; "))
    except (OSError, subprocess.TimeoutExpired) as error:
        yield Row("device, driver, memory", f"nvidia-smi: {type(error).__name__}")
    yield Row("machine", machine())
    for framework, title in devices.FRAMEWORKS.items():
        build = "CUDA" if devices.cuda_build(framework) else "CPU"
        yield Row(title, f"{metadata.version(framework)}, built for {build}")


def equality(folder: Path, device: str, n: int) -> Iterator[Row]:
    """Value and gradient of the kernel engine compared with a CPU."""
    for precision, bound in BOUNDS.items():
        here, there = (probed(folder, d, "step", precision, n) for d in (device, "cpu"))
        scale = np.abs(there["gradient"]).max()
        gradient = float(np.abs(here["gradient"] - there["gradient"]).max() / scale)
        value = float(abs(here["value"] - there["value"]) / abs(there["value"]))
        found = f"value {value:.1e}, gradient {gradient:.1e} (at most {bound:.0e})"
        on = f"{here['device']} beside {there['device']}"
        yield Row(f"engine, {precision}: {on}", found, max(value, gradient) <= bound)


def precision(folder: Path, device: str, framework: str) -> Row:
    """Whether a float32 product uses TF32."""
    error = float(probed(folder, device, "product", framework)["error"])
    found = f"error {error:.1e} (TF32: 4.9e-04)"
    return Row(f"{devices.FRAMEWORKS[framework]}: a float32 product", found, error < 1e-6)


def _timed(
    folder: Path, device: str, name: str, rows: int, updates: int, out: str, **more: str
) -> tuple[dict[str, Any], Work, float]:
    """run.json of a short training, its work, and the median seconds of an iteration.

    more: environment variables of the training.
    """
    _run(_training(folder, name, rows, updates, out), device, **more)
    record, entry = read_json(folder / out / "run.json"), all_methods()[name]
    assert entry.work is not None
    work = entry.work(entry.settings.model_validate(record["settings"]), SHAPE, rows)
    return record, work, median_pass(folder / out / "history.csv", work) * work.steps


def speed(folder: Path, device: str, name: str, rows: int, updates: int) -> Row:
    """Iterations/s of a method compared with the rate that plans use."""
    record, work, seconds = _timed(folder, device, name, rows, updates, f"speed-{name}")
    rate = known_rates(device == "gpu").get((name, "images"))
    planned = "no rate"
    if rate is not None:
        each = work.steps * (rate.fixed + rate.each * work.size)
        planned = f"{1 / each:.3g} planned, {each / seconds:.2g} times as fast"
    memory = record["details"].get("gpu_peak_memory_mib", record["peak_memory_mib"])
    place = "on the GPU" if "gpu_peak_memory_mib" in record["details"] else "of the process"
    found = f"{1 / seconds:.3g} iterations/s ({planned}); peak {memory:.0f} MiB {place}"
    return Row(f"{name} on {rows} rows: {record['device']}", found)


def captured(folder: Path, device: str, name: str, rows: int, updates: int) -> Row:
    """A GAN with and without CUDA graphs: whether the bytes are the same, and updates/s."""
    rates, arrays, graphs = [], [], 0
    for on in ("1", "0"):
        out = f"graphs{on}-{name}"
        record, _, seconds = _timed(folder, device, name, rows, updates, out, CUDA_GRAPHS=on)
        rates.append(1 / seconds)
        arrays.append(read_arrays(folder / out / "model.npz"))
        graphs = max(graphs, record["details"].get("cuda_graphs", 0))
    same = all(array.tobytes() == arrays[1][key].tobytes() for key, array in arrays[0].items())
    found = f"{rates[0]:.4g} and {rates[1]:.4g} updates/s, {rates[0] / rates[1]:.2g} times as many"
    bytes_ = "the same bytes" if same else "other bytes"
    what = f"{name}: {graphs} CUDA graphs beside single operations"
    return Row(what, f"{found}; {bytes_}", same and (graphs > 0 or device == "cpu"))


def resumed(folder: Path, device: str, name: str, rows: int, updates: int) -> Row:
    """Whether a run that is killed after its first checkpoint ends like an undisturbed one."""
    whole, killed = (f"{word}-{name}" for word in ("whole", "killed"))
    _run(_training(folder, name, rows, updates, whole), device)
    command = _training(folder, name, rows, updates, killed)
    environment = _environment(device) | {"CHECKPOINT_EVERY": "0"}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    states = (folder / killed).glob
    latest = time.monotonic() + PATIENCE
    while not any(states("checkpoint.*.npz")) and process.poll() is None:
        if time.monotonic() > latest:
            break
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    was_killed = process.returncode == -signal.SIGKILL and any(states("checkpoint.*.npz"))
    if not (folder / killed / "run.json").exists():
        _run(command, device)
    found, wanted = (
        {
            file: read_arrays(folder / out / file)["data"]
            for file in ("samples.npz", "trajectory.npz")
        }
        for out in (killed, whole)
    )
    same = all(np.array_equal(found[file], wanted[file]) for file in wanted)
    text = "the same bytes" if same else "other bytes"
    if not was_killed:
        text = "it ended before it could be killed: ask for more --updates"
    return Row(f"{name}, killed and resumed", text, same and was_killed)


def one(row: Callable[..., Row], *arguments: Any) -> Callable[[], list[Row]]:
    """A stage of one row."""
    return lambda: [row(*arguments)]


def stages(folder: Path, device: str, names: list[str], n: int, updates: int) -> Iterator[Stage]:
    """The checks, then the rates of all methods; GANs with and without CUDA graphs.

    A framework that cannot be checked here gets a row that says why.
    """
    yield Stage("machine", 1, machines)
    found, usable = devices.visible(), []
    for room, framework in list(devices.ROOMS.items())[:2]:
        why = None if device == "cpu" else devices.obstacle(framework, *found)
        title = devices.FRAMEWORKS[framework]
        if why is not None:
            yield Stage(f"{title} {why}", 0, one(Row, title, f"not checked: {why}"))
            continue
        usable.append(room)
        if framework == "jax":
            yield Stage("engine", 90, partial(equality, folder, device, n))
        yield Stage(f"{title}: TF32", 15, one(precision, folder, device, framework))
    few, some = max(updates // 10, 6), max(updates // 2, 6)
    for room in usable:
        own = [name for name in names if method_room(name) == room]
        if own:
            first = own[0]
            yield Stage(f"{first} resumed", 60, one(resumed, folder, device, first, n, updates))
        for name in own:
            of = captured if room == "baselines" else speed
            count = some if room == "baselines" and device == "gpu" else few
            yield Stage(
                f"{name} rate",
                _seconds(name, n, count, runs=2 if of is captured else 1),
                one(of, folder, device, name, n, count),
            )


def _seconds(name: str, n: int, iterations: int, runs: int) -> float:
    """About how long short trainings take on a GPU."""
    rate, entry = known_rates(on_gpu=True).get((name, "images")), all_methods()[name]
    if rate is None or entry.work is None:
        return 30.0 * runs
    settings = entry.settings.model_validate({**entry.tiny, entry.budget: iterations})
    return runs * rate.seconds(entry.work(settings, SHAPE, n))


def _probe(out: Path, what: str, arguments: list[str]) -> None:
    framework = "jax" if what == "step" else arguments[0]
    with lease(framework):
        if what == "step":
            arrays: dict[str, Any] = step(arguments[0], int(arguments[1]))
            np.savez(out, **arrays)
        else:
            np.savez(out, error=product(framework))


def main(
    device: Annotated[str, typer.Option(help="gpu, or cpu to try the check itself")] = "gpu",
    method: Annotated[
        list[str] | None, typer.Option(help="one of the methods instead of all; repeatable")
    ] = None,
    n: Annotated[int, typer.Option(help="rows", min=4)] = 64,
    updates: Annotated[int, typer.Option(help="updates of the run that is killed", min=6)] = 400,
    minutes: Annotated[
        float | None,
        typer.Option(
            help="stop after this time; finished stages are kept in --out, and the next call goes "
            "on from there; after the methods of Table 1, its cells with 80,000 updates are "
            "trained (config/mnist-gpu.yaml)"
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="folder, with --minutes")] = Path("results/gpu-check"),
    probe: Annotated[Path | None, typer.Option(hidden=True)] = None,
    words: Annotated[list[str] | None, typer.Argument(hidden=True)] = None,
) -> int:
    """Print the table."""
    if probe is not None and words:
        _probe(probe, words[0], words[1:])
        return 0
    if device not in ("gpu", "cpu"):
        raise InputError(f"--device {device}: choose gpu or cpu")
    if device == "gpu":
        why = devices.obstacle(None, *devices.visible())
        if why:
            raise InputError(f"{why}: add --device cpu to try the check itself on the CPU")
    names = method or (list(all_methods()) if minutes is None else TABLE1)
    for name in names:
        method_room(name)
    deadline = time.monotonic() + (math.inf if minutes is None else 60 * minutes)
    failed = 0
    mark = "" if device == "gpu" else " [cpu]"
    print(_markdown.head("check", "result", ""))
    with tempfile.TemporaryDirectory() as folder:
        table = (Path(folder) if minutes is None else out) / "check.csv"
        some = stages(Path(folder), device, names, n, updates)
        rows = finished(some, table, deadline)
        for row in rows if minutes is None else chain(rows, cells(deadline)):
            verdict = {None: "", True: "ok", False: "FAILS"}[row.passed]
            print(_markdown.line(f"{row.what}{mark}", row.found, verdict), flush=True)
            failed += row.passed is False
    return int(failed > 0)


COMMANDS = (main,)
