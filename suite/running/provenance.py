"""What a run records beside its result: packages, commit, machine, memory. No change reruns it."""

import platform
import resource
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from suite.running.cpu import available_cores

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = [
    "numpy",
    "scipy",
    "jax",
    "jaxlib",
    "neural-tangents",
    "torch",
    "torchvision",
    "POT",
    "scikit-image",
    "matplotlib",
    "snakemake",
]


def package_versions() -> dict[str, str]:
    """Versions of Python and of the installed packages that a result can depend on."""
    versions = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def git_commit() -> str:
    """The checked-out commit, with `+changes` if tracked files differ; `unknown` without git."""
    describe = ("describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+changes")
    command = ["git", "-C", str(ROOT), *describe]
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()


def machine(info: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's name, family and model, and the number of cores this process may use.

    On a virtual machine the name may be just "AMD EPYC". Machines with the same family and model
    give the same bytes.
    """
    said: dict[str, str] = {}
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            said.setdefault(key.strip(), value.strip())
    name = said.get("model name") or platform.processor() or platform.machine()
    if {"cpu family", "model"} <= said.keys():
        name += f" (family {said['cpu family']}, model {said['model']})"
    return f"{name}, {available_cores()} cores"


def peak_memory_mib() -> float:
    """Peak resident memory of this process in MiB."""
    unit = 1 if sys.platform == "darwin" else 1024  # bytes on macOS, KiB elsewhere
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20, 1)
