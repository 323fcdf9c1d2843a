"""Which processor a job runs on: what the user chose, and which GPUs there are.

A job is told by two variables, which the workflow sets: DEVICE (auto, gpu or cpu) and JOBS_PER_GPU.
"""

import importlib.util
import os
import re
import subprocess
import tempfile
from importlib import metadata
from pathlib import Path

from suite.running.errors import InputError

CHOICES = ("auto", "gpu", "cpu")
FRAMEWORKS = {"jax": "JAX", "torch": "PyTorch"}
ROOMS = {"gantk": "jax", "baselines": "torch", "metrics": "torch"}
"""What each room computes with."""
PATIENCE = 30.0
"""seconds that nvidia-smi has to answer; with a broken driver it never does"""
REMEDY = (
    "`make gpu` installs what a GPU needs and checks its driver; `device: auto` or `device: cpu` "
    "trains on the CPU"
)


def chosen() -> str:
    """What DEVICE says: `auto` where it says nothing."""
    device = os.environ.get("DEVICE") or "auto"
    if device not in CHOICES:
        raise InputError(f"DEVICE={device}: choose one of {', '.join(CHOICES)}")
    return device


def listed() -> tuple[list[list[str]], str]:
    """The UUIDs of this machine's GPUs by index, and why there are none.

    A GPU that is cut into MIG devices stands for those: a list of one UUID or more an index.
    """
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        try:
            # Not subprocess.run: after a time limit it waits for a process that cannot be killed
            # while the driver hangs, and for whatever holds the pipe.
            process = subprocess.Popen(["nvidia-smi", "-L"], stdout=output, stderr=output)
            status = process.wait(PATIENCE)
        except OSError:
            return [], "nvidia-smi is not there"
        except subprocess.TimeoutExpired:
            process.kill()
            return [], f"nvidia-smi did not answer within {PATIENCE:g} s"
        output.seek(0)
        lines = output.read().splitlines()
    gpus: list[list[str]] = []
    cut = False
    for line in lines:
        found = re.search(r"UUID: ((GPU|MIG)-[^)\s]+)", line)
        if found is None:
            continue
        if found[2] == "GPU":
            gpus.append([found[1]])
            cut = False
        elif gpus:
            gpus[-1] = [*gpus[-1], found[1]] if cut else [found[1]]
            cut = True
    said = next((line.strip() for line in lines if line.strip()), "nothing")
    return (gpus, "") if gpus and not status else ([], f"nvidia-smi says: {said}")


def visible() -> tuple[list[str], str]:
    """The GPUs that this process may use, by UUID where it can be known; and why there are none.

    CUDA_VISIBLE_DEVICES is read as CUDA reads it: indices, UUIDs or their beginnings, and nothing
    from the first entry on that is neither (-1, NoDevFiles). Indices count in the order of the bus.
    """
    preset = os.environ.get("CUDA_VISIBLE_DEVICES")
    if preset is not None and not _entries(preset):
        return [], f"CUDA_VISIBLE_DEVICES={preset!r} hides them all"
    gpus, reason = listed()
    if preset is None:
        return [uuid for uuids in gpus for uuid in uuids], reason
    if not gpus:  # a container may have GPUs and no nvidia-smi: the names are all there is
        return list(dict.fromkeys(_entries(preset))), ""
    found: list[str] = []
    for entry in _entries(preset):
        if entry.isdigit():
            some = gpus[int(entry)] if int(entry) < len(gpus) else []
        else:
            some = [u for uuids in gpus for u in uuids if u.startswith(entry)]
        if not some:
            break
        found += some
    unknown = f"CUDA_VISIBLE_DEVICES={preset!r} names none of the {len(gpus)} here"
    return list(dict.fromkeys(found)), "" if found else unknown


def asked(device: str) -> int:
    """GPUs that a job asks for; with `auto`, whether there is one to be seen where this runs."""
    return int(bool(visible()[0]) if device == "auto" else device == "gpu")


def _entries(preset: str) -> list[str]:
    entries = []
    for entry in (part.strip() for part in preset.split(",")):
        if not re.fullmatch(r"\d+|(GPU|MIG)-.+", entry):
            break
        entries.append(entry)
    return entries


def cuda_build(framework: str) -> bool:
    """Whether the installed `jax` or `torch` can use a GPU at all; found without importing it."""
    if framework == "jax":
        names = (distribution.name or "" for distribution in metadata.distributions())
        return any(re.fullmatch(r"jax[-_]cuda\d+[-_]plugin", name) for name in names)
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return False
    text = (Path(spec.origin).parent / "version.py").read_text(encoding="utf-8")
    return re.search(r"^(cuda|hip)\b.*= *['\"]", text, re.MULTILINE) is not None


def obstacle(framework: str | None, gpus: list[str], reason: str) -> str | None:
    """Why `framework` (None: not known) cannot use a GPU here, or None if it can."""
    if not gpus:
        return f"no GPU is to be seen ({reason})"
    if framework and not cuda_build(framework):
        return f"{FRAMEWORKS[framework]} is installed without CUDA"
    return None


def refuse(why: str) -> InputError:
    """The error of a job that was to run on a GPU and cannot."""
    return InputError(f"device: gpu, but {why}: {REMEDY}")


def cpu_instead(framework: str) -> str:
    """`cpu`, for a framework that found no GPU; InputError where the user chose `gpu`."""
    if chosen() == "gpu":
        raise refuse(f"{FRAMEWORKS[framework]} finds no GPU that it can use")
    return "cpu"
