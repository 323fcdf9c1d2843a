"""Where a result comes from: source, packages, machine, memory."""

import hashlib
import platform
import re
import resource
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path

from suite.running.cpu import available_cores

ROOT = Path(__file__).resolve().parents[2]
READABLE = 64 * 2**20
IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+)?import[ \t]+(\([^)]*\)|[^\n(]+)", re.MULTILINE
)
"""An import, as module and names. Planning reads every file, for which Python's parser is slow; a
line of a text that begins likewise can only add a file."""
PACKAGES = [
    "numpy",
    "scipy",
    "jax",
    "jaxlib",
    "neural-tangents",
    "torch",
    "torchvision",
    "pytorch-fid",
    "POT",
    "scikit-image",
    "matplotlib",
    "snakemake",
]


def _local_file(dotted: str) -> Path | None:
    """The file of a module of this repository; None for any other module."""
    base = ROOT.joinpath(*dotted.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.exists():
            return path
    return None


@cache
def _imports(path: Path) -> tuple[Path, ...]:
    """The repository's own files that `path` imports, at any level of its code."""
    names: set[str] = set()
    for module, listed in IMPORT.findall(path.read_text(encoding="utf-8")):
        pieces = re.sub(r"#.*", "", listed).strip("()").split(",")
        found = [piece.split()[0] for piece in pieces if piece.strip()]
        names |= {module, *(f"{module}.{name}" for name in found)} if module else set(found)
    files = (_local_file(name) for name in names)
    return tuple(sorted(file for file in files if file))


@cache
def source_digest(*modules: str) -> str:
    """sha256 of the source of `modules` and of all that they import from this repository.

    Rules pass it as a parameter: editing a file then reruns the jobs whose code it is part of,
    and no others. Imports written out in the code count; modules found by the registry do not,
    so name the one that a job uses.
    """
    todo = [_local_file(name) for name in modules]
    seen: set[Path] = set()
    while todo:
        path = todo.pop()
        if path is None or path in seen:
            continue
        seen.add(path)
        todo.extend(_imports(path))
    digest = hashlib.sha256()
    for path in sorted(seen):
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def files_digest(files: Iterable[Path]) -> str:
    """sha256 of the names and sizes of files, and of what they hold.

    Of more than 64 MiB in all, the times of the last change stand for what they hold.
    """
    known = [(file, file.stat()) for file in files]
    small = sum(stat.st_size for _, stat in known) <= READABLE
    digest = hashlib.sha256()
    for file, stat in known:
        digest.update(f"{file.name} {stat.st_size} ".encode())
        digest.update(file.read_bytes() if small else str(stat.st_mtime_ns).encode())
    return digest.hexdigest()[:16]


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

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(ROOT), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    try:
        return git("rev-parse", "HEAD") + (
            "+changes" if git("status", "--porcelain", "--untracked-files=no") else ""
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def machine(info: Path = Path("/proc/cpuinfo")) -> str:
    """The processor by name, family and model, and how many cores this process may use.

    A virtual machine's name may be "AMD EPYC" and no more: family and model tell which it is, and
    so on which machines the same bytes are to be expected.
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
