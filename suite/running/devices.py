"""The device of a job: the user's choice, and the GPUs of this machine.

The workflow sets two environment variables for its jobs: DEVICE (auto, gpu or cpu) and
JOBS_PER_GPU.
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
"""Room -> its framework."""
PATIENCE = 30.0
"""Time to wait for nvidia-smi, which never answers if the driver is broken [s]."""
REMEDY = (
    "run `make gpu`, which installs CUDA builds and checks the driver, or train on the CPU with "
    "`device: auto` or `device: cpu`"
)


def chosen() -> str:
    """The value of DEVICE; `auto` if it is not set."""
    device = os.environ.get("DEVICE") or "auto"
    if device not in CHOICES:
        raise InputError(f"DEVICE={device}: choose one of {', '.join(CHOICES)}")
    return device


def listed() -> tuple[list[list[str]], str]:
    """(UUIDs of this machine's GPUs by index, the reason if there are none).

    An index has a list of UUIDs: one for a GPU, or those of its MIG devices.
    """
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        try:
            # While the driver hangs, the process cannot be killed. After its time limit,
            # subprocess.run would wait for it.
            process = subprocess.Popen(["nvidia-smi", "-L"], stdout=output, stderr=output)
            status = process.wait(PATIENCE)
        except OSError:
            return [], "nvidia-smi was not found"
        except subprocess.TimeoutExpired:
            process.kill()
            return [], f"nvidia-smi did not answer within {PATIENCE:g} s"
        output.seek(0)
        text = output.read()
    gpus: list[list[str]] = []
    for uuid, kind in re.findall(r"UUID: ((GPU|MIG)-[^)\s]+)", text):
        if kind == "GPU":
            gpus.append([uuid])
        elif gpus:
            gpus[-1].append(uuid)
    if gpus and not status:
        return [mig or [gpu] for gpu, *mig in gpus], ""
    said = text.strip().partition("\n")[0].strip() or "nothing"
    return [], f"nvidia-smi says: {said}"


def visible() -> tuple[list[str], str]:
    """(GPUs that this process may use, by UUID if known; the reason if there are none).

    CUDA_VISIBLE_DEVICES is read as CUDA reads it: indices in bus order, UUIDs, or prefixes of
    UUIDs. The first other entry (-1, NoDevFiles) ends the list.
    """
    preset = os.environ.get("CUDA_VISIBLE_DEVICES")
    if preset is not None and not _entries(preset):
        return [], f"CUDA_VISIBLE_DEVICES={preset!r} hides all GPUs"
    gpus, reason = listed()
    if preset is None:
        return [uuid for uuids in gpus for uuid in uuids], reason
    if not gpus:  # a container may have GPUs without nvidia-smi
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
    unknown = f"CUDA_VISIBLE_DEVICES={preset!r} names none of this machine's {len(gpus)} GPUs"
    return list(dict.fromkeys(found)), "" if found else unknown


def asked(device: str) -> int:
    """Number of GPUs that a job needs: 0 or 1. With `auto`: 1 if this machine has a GPU."""
    return int(bool(visible()[0]) if device == "auto" else device == "gpu")


def _entries(preset: str) -> list[str]:
    entries = []
    for entry in (part.strip() for part in preset.split(",")):
        if not re.fullmatch(r"\d+|(GPU|MIG)-.+", entry):
            break
        entries.append(entry)
    return entries


def cuda_build(framework: str) -> bool:
    """Whether the installed `jax` or `torch` supports GPUs, without importing it."""
    if framework == "jax":
        names = (distribution.name or "" for distribution in metadata.distributions())
        return any(re.fullmatch(r"jax[-_]cuda\d+[-_]plugin", name) for name in names)
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return False
    text = (Path(spec.origin).parent / "version.py").read_text(encoding="utf-8")
    return re.search(r"^(cuda|hip)\b.*= *['\"]", text, re.MULTILINE) is not None


def obstacle(framework: str | None, gpus: list[str], reason: str) -> str | None:
    """Why `framework` cannot use a GPU here; None if it can. framework: None if it is unknown."""
    if not gpus:
        return f"no GPU was found ({reason})"
    if framework and not cuda_build(framework):
        return f"{FRAMEWORKS[framework]} is installed without CUDA"
    return None


def refuse(why: str) -> InputError:
    """The error of a job that cannot run on a GPU, as the user requires."""
    return InputError(f"device: gpu, but {why}: {REMEDY}")


def cpu_instead(framework: str) -> str:
    """`cpu`, if the framework found no GPU; InputError if the user chose `gpu`."""
    if chosen() == "gpu":
        raise refuse(f"{FRAMEWORKS[framework]} finds no GPU that it can use")
    return "cpu"
