"""Whatever is registered can be read by front ends that lack the heavy libraries."""

import json
import subprocess
import sys

import pytest

from suite.errors import InputError
from suite.provenance import ROOT
from suite.registry import lookup, module_of, registered

PACKAGES = [
    "gantk.methods",
    "baselines.methods",
    "datasets.sources",
    "metrics.measures",
    "metrics.extractors",
    "reporting.tables",
]
HEAVY = ["jax", "torch", "torchvision", "scipy", "skimage", "pandas", "matplotlib", "tensorflow"]
PROBE = f"""
import json, sys
for name in {HEAVY!r}:
    sys.modules[name] = None  # makes `import name` fail
from suite.registry import registered
print(json.dumps({{p: list(registered(p)) for p in {PACKAGES!r}}}))
"""


def test_registries_need_no_heavy_library() -> None:
    probe = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert probe.returncode == 0, probe.stderr
    found = json.loads(probe.stdout)
    assert found == {package: list(registered(package)) for package in PACKAGES}
    assert all(found.values())


@pytest.mark.parametrize("package", PACKAGES)
def test_every_entry_is_found_by_name_with_its_module(package: str) -> None:
    for name, entry in registered(package).items():
        assert lookup(package, name) is entry
        assert module_of(package, name).startswith(f"{package}.")


@pytest.mark.parametrize("package", PACKAGES)
def test_unknown_name_gets_the_nearest(package: str) -> None:
    name = next(iter(registered(package)))
    with pytest.raises(InputError, match=f"did you mean '{name}'"):
        lookup(package, name + "x")


@pytest.mark.parametrize("package", PACKAGES)
def test_settings_have_defaults_and_descriptions(package: str) -> None:
    for name, entry in registered(package).items():
        settings = getattr(entry, "settings", None)
        if settings is None:
            continue
        settings()
        missing = [key for key, field in settings.model_fields.items() if not field.description]
        assert not missing, f"{name}: no description of {missing}"


@pytest.mark.parametrize("room", ["gantk", "baselines", "datasets", "metrics", "reporting"])
def test_list_prints_names_and_json(room: str) -> None:
    def listing(*options: str) -> str:
        command = [sys.executable, "-m", room, "list", *options]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    names = listing().split()
    entries = json.loads(listing("--json"))
    assert names == [entry["name"] for entry in entries]
    assert set(names) == {n for p in PACKAGES if p.startswith(room) for n in registered(p)}
