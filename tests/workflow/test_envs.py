"""The tiny workflow with every rule in its own environment, made by a stand-in for conda."""

import subprocess
from pathlib import Path

import pytest

from suite.running.provenance import ROOT

STANDIN = ROOT / "tests" / "workflow" / "standin" / "bin"
KEPT = ROOT / ".snakemake" / "test-envs"
"""The environments. They are kept, because they take minutes and gigabytes."""

pytestmark = pytest.mark.envs


def has(prefix: Path, module: str) -> bool:
    code = f"import importlib.util as u, sys; sys.exit(u.find_spec({module!r}) is None)"
    python = prefix / "bin" / "python"
    return subprocess.run([python, "-c", code], cwd="/", check=False).returncode == 0


def test_workflow_runs_with_each_rule_in_its_own_environment(unrun) -> None:
    path = f"{STANDIN}:{unrun.environment()['PATH']}"
    done = unrun.snakemake("--use-conda", "--conda-prefix", str(KEPT), PATH=path)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output[-5000:]
    assert (unrun.root / "results/tiny/index.html").exists()
    assert "Activating conda environment" in output

    modules = ("jax", "torch", "matplotlib", "snakemake")
    prefixes = [path for path in KEPT.iterdir() if (path / "bin" / "python").exists()]
    found = {tuple(name for name in modules if has(prefix, name)) for prefix in prefixes}
    assert found == {("jax",), ("torch",), ("matplotlib",)}
