"""Faults of GPUs and what a job does: the cases of test_device_faults.py, and their page.

`make bad-inputs` writes the page to results/reference/device-faults.md.
"""

import errno
import io
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, redirect_stderr
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from suite.running import cli, devices, lease
from suite.running.errors import InputError

TWO = "echo 'GPU 0: NVIDIA H100 (UUID: GPU-aa11)\nGPU 1: NVIDIA H100 (UUID: GPU-bb22)'"
CUT = (
    "echo 'GPU 0: NVIDIA A100 (UUID: GPU-aa11)\n  MIG 1g.10gb Device 0: (UUID: MIG-c1)\n"
    "  MIG 1g.10gb Device 1: (UUID: MIG-c2)'"
)
OWN = (
    *("CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "JAX_PLATFORMS", "DEVICE", "JOBS_PER_GPU"),
    *("XLA_PYTHON_CLIENT_PREALLOCATE", *lease.SCHEDULERS),
)


@dataclass(frozen=True)
class Case:
    """A job on a machine.

    what: the machine in words. smi: shell code of its nvidia-smi; None if it has none. variables:
    environment of the job. framework: the job's framework; built: whether it has CUDA. fault: error
    number of the lock's system call. hangs: nvidia-smi does not answer. gpu, auto: words of the
    job's message or action for each value of `device`.
    """

    what: str
    gpu: str
    auto: str
    smi: str | None = TWO
    variables: Mapping[str, str] = field(default_factory=dict)
    framework: str = "jax"
    built: bool = True
    fault: int | None = None
    hangs: bool = False


def hidden(value: str) -> Case:
    """Two GPUs, and a variable that hides both."""
    why = "no GPU was found (CUDA_VISIBLE_DEVICES="
    return Case(
        f"two GPUs, `CUDA_VISIBLE_DEVICES={value!r}`",
        f"error: device: gpu, but {why}",
        "using the CPU",
        variables={"CUDA_VISIBLE_DEVICES": value},
    )


def chosen(value: str, uuid: str, smi: str = TWO) -> Case:
    """A variable that leaves some GPUs; the first of them is free."""
    machine = "two GPUs" if smi == TWO else "a GPU cut into two MIG devices"
    runs = f"runs on {uuid}"
    return Case(
        f"{machine}, `CUDA_VISIBLE_DEVICES={value!r}`",
        *(runs, runs, smi),
        {"CUDA_VISIBLE_DEVICES": value},
    )


def silent(what: str, smi: str | None, words: str, **more: bool) -> Case:
    """A machine whose nvidia-smi names no GPU."""
    return Case(what, f"but no GPU was found ({words}", "using the CPU", smi, {}, **more)


def everywhere(what: str, words: str, **more: object) -> Case:
    """A fault that ends a job for every value of `device`."""
    return Case(what, words, words, **more)


SCHEDULED = {"SLURM_JOB_ID": "17", "CUDA_VISIBLE_DEVICES": "1"}
CASES = [
    silent("no nvidia-smi", None, "nvidia-smi was not found"),
    silent("nvidia-smi finds no device", "echo No devices were found", "nvidia-smi says: No dev"),
    silent(
        "nvidia-smi cannot reach the driver (status 18)",
        "echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18",
        "nvidia-smi says: Failed to initialize NVML",
    ),
    silent("nvidia-smi lists GPUs, then fails", f"{TWO}; exit 15", "nvidia-smi says: GPU 0"),
    silent("nvidia-smi prints nothing", "true", "nvidia-smi says: nothing"),
    silent("nvidia-smi hangs", "true", "nvidia-smi did not answer within 30 s", hangs=True),
    *(
        Case(
            f"two GPUs, {title} without CUDA",
            f"{title} is installed without CUDA",
            "using the CPU",
            framework=framework,
            built=False,
        )
        for framework, title in devices.FRAMEWORKS.items()
    ),
    *(hidden(value) for value in ("", " ", "-1", "-1,0", "NoDevFiles", "all", "7", "GPU-ff")),
    *(
        chosen(value, uuid)
        for value, uuid in (
            *(("0", "GPU-aa11"), (" 1", "GPU-bb22"), ("1, 0", "GPU-bb22"), ("0,0", "GPU-aa11")),
            *(("0,-1,1", "GPU-aa11"), ("GPU-bb22", "GPU-bb22"), ("GPU-b", "GPU-bb22")),
        )
    ),
    chosen("MIG-c2", "MIG-c2", CUT),
    chosen("0", "MIG-c1", CUT),
    Case(
        "no nvidia-smi (a container), `CUDA_VISIBLE_DEVICES='0'`",
        *("runs on 0", "runs on 0", None, {"CUDA_VISIBLE_DEVICES": "0"}),
    ),
    Case(
        "two GPUs, one of them given by Slurm, which also shares them out",
        *("runs on GPU-bb22", "runs on GPU-bb22", TWO, SCHEDULED),
    ),
    everywhere("two GPUs, a lock folder without locks", "has no locks", fault=errno.ENOLCK),
    everywhere("`JOBS_PER_GPU=0`", "JOBS_PER_GPU=0: give a", variables={"JOBS_PER_GPU": "0"}),
]
SAID = [
    ("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 8 bytes", "out of memory"),
    ("CUDA out of memory. Tried to allocate 2 GiB", "out of memory"),
    ("Unable to initialize backend 'cuda': no driver", "device: gpu, but JAX cannot use the GPU"),
]
"""Errors of frameworks during a job, and the sentence instead of the traceback."""


def does(case: Case, device: str) -> str:
    """What a job does: its error, or its device after its messages."""
    said = io.StringIO()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if case.smi is not None:
            script = folder / "nvidia-smi"
            script.write_text(f"#!/bin/sh\n{case.smi}\n")
            script.chmod(0o755)
        kept = {name: value for name, value in os.environ.items() if name not in OWN}
        path = f"{folder}:/usr/bin:/bin"
        own = {**kept, "PATH": path, "DEVICE": device, **case.variables}
        patches = [
            mock.patch.dict(os.environ, own, clear=True),
            mock.patch.object(devices, "cuda_build", lambda _: case.built),
            mock.patch.object(lease.tempfile, "tempdir", str(folder)),
        ]
        if case.fault is not None:
            error = OSError(case.fault, "no locks")
            patches.append(mock.patch.object(lease.fcntl, "flock", side_effect=error))
        if case.hangs:
            late = subprocess.TimeoutExpired("nvidia-smi", devices.PATIENCE)
            patches.append(mock.patch.object(subprocess.Popen, "wait", side_effect=late))
        for patch in patches:
            stack.enter_context(patch)
        stack.enter_context(redirect_stderr(said))
        try:
            with lease.lease(case.framework) as held:
                locked = " without a lock" if not list(folder.glob("gantk*/*")) and held else ""
                does = f"runs on {held}{locked}" if held else "runs on the CPU"
        except InputError as error:
            does = f"error: {error}"
        text = f"{said.getvalue().strip()}; {does}".removeprefix("; ")
        return text.replace(str(folder), "/tmp").replace(f"gpus-{os.getuid()}", "gpus-UID")


def line(case: Case) -> str:
    """A case as a line of the page."""
    gpu, auto = (does(case, device) for device in ("gpu", "auto"))
    return f"| {case.what} | {gpu} | {'the same' if auto == gpu else auto} |"


def spoken(raised: str) -> str:
    """An error of a framework as a line of the page."""
    return f"| `{raised}` | error: {cli._of_framework(raised)} |"


def page() -> Iterator[str]:
    """The lines of the page."""
    yield "# GPU problems, and what a job does\n"
    yield f"`make bad-inputs` makes this page from the {len(CASES) + len(SAID)} cases of"
    yield "`tests/suite/test_device_faults.py`, with stand-ins for nvidia-smi and without a GPU."
    yield "The job is a training in JAX, if a case names no other framework.\n"
    yield "| machine | `device: gpu` | `device: auto` |\n| --- | --- | --- |"
    yield from map(line, CASES)
    yield "\nErrors of a framework in a job also become one sentence:\n"
    yield "| raised | error |\n| --- | --- |"
    yield from (spoken(raised) for raised, _ in SAID)


if __name__ == "__main__":
    print("\n".join(page()))
