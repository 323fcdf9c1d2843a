"""Front ends without the heavy libraries can read everything that is registered."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from suite.protocol.method import METHODS
from suite.protocol.metric import EXTRACTORS, METRICS
from suite.protocol.registry import Registry
from suite.protocol.source import SOURCES, Source
from suite.running.cli import describe
from suite.running.errors import InputError
from suite.running.provenance import ROOT

REGISTRIES = {r.package: r for r in (*METHODS.values(), SOURCES, METRICS, EXTRACTORS)}
HEAVY = ["jax", "torch", "torchvision", "scipy", "skimage", "matplotlib", "tensorflow"]
PROBE = f"""
import json, sys
for name in {HEAVY!r}:
    sys.modules[name] = None  # makes `import name` fail
from suite.protocol.metric import EXTRACTORS, METRICS
from suite.protocol.method import METHODS
from suite.protocol.source import SOURCES, Source
registries = *METHODS.values(), SOURCES, METRICS, EXTRACTORS
print(json.dumps({{r.package: list(r.entries) for r in registries}}))
"""


def test_registries_need_no_heavy_library() -> None:
    probe = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert probe.returncode == 0, probe.stderr
    found = json.loads(probe.stdout)
    assert found == {package: list(registry.entries) for package, registry in REGISTRIES.items()}
    assert all(found.values())


@pytest.mark.parametrize("registry", REGISTRIES.values(), ids=REGISTRIES)
def test_every_entry_is_found_by_name_with_its_module(registry: Registry) -> None:
    for name, entry in registry.entries.items():
        assert registry.lookup(name) is entry
        assert registry.module_of(name).startswith(f"{registry.package}.")


@pytest.mark.parametrize("registry", REGISTRIES.values(), ids=REGISTRIES)
def test_unknown_name_gets_the_nearest(registry: Registry) -> None:
    name = next(iter(registry.entries))
    with pytest.raises(InputError, match=f"did you mean '{name}'"):
        registry.lookup(name + "x")


@pytest.mark.parametrize("registry", REGISTRIES.values(), ids=REGISTRIES)
def test_settings_have_defaults_and_descriptions(registry: Registry) -> None:
    for name, entry in registry.entries.items():
        settings = getattr(entry, "settings", None)
        if settings is None:
            continue
        settings()
        missing = [key for key, field in settings.model_fields.items() if not field.description]
        assert not missing, f"{name}: no description of {missing}"


MADE = """
from suite.protocol.source import Source
from suite.protocol.settings import Settings
{name} = Source("{name}", "Made", Settings, lambda settings, split: None)
"""


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Registry]:
    """Makes a registry of a package with the given modules."""

    def make(**modules: str) -> Registry:
        folder = tmp_path / "made_entries"
        folder.mkdir()
        for module, text in modules.items():
            (folder / f"{module}.py").write_text(text)
        (folder / "__init__.py").touch()
        monkeypatch.syspath_prepend(tmp_path)
        return Registry("made_entries", Source)

    yield make
    for name in [name for name in sys.modules if name.partition(".")[0] == "made_entries"]:
        del sys.modules[name]


def test_entries_come_in_the_order_of_their_names(made) -> None:
    registry = made(a=MADE.format(name="last"), b=MADE.format(name="first"))
    assert list(registry.entries) == ["first", "last"]
    assert registry.module_of("last") == "made_entries.a"


def test_two_entries_of_one_name_are_a_fault(made) -> None:
    with pytest.raises(ValueError, match="'same' is registered twice in made_entries"):
        _ = made(a=MADE.format(name="same"), b=MADE.format(name="same")).entries


def test_module_without_an_entry_is_a_fault(made) -> None:
    with pytest.raises(ValueError, match=r"made_entries\.a registers nothing"):
        _ = made(a="X = 1").entries


@pytest.mark.parametrize("room", ["gantk", "baselines", "datasets", "metrics"])
def test_list_prints_names_and_json(room: str) -> None:
    def listing(*options: str) -> str:
        command = [sys.executable, "-m", room, "list", *options]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout

    entries = json.loads(listing("--json"))
    expected = [
        [
            f"{entry['name']}: {entry['title']}",
            f"    {entry['summary']}",
            *("    {paper}, {place}: {link}".format(**one) for one in entry["references"]),
        ]
        for entry in entries
    ]
    assert listing().splitlines() == [line for lines in expected for line in lines]
    assert all(len(entry["summary"]) > 16 for entry in entries)
    assert {entry["name"] for entry in entries} == {
        n for p, r in REGISTRIES.items() if p.startswith(room) for n in r.entries
    }


@pytest.mark.parametrize("registry", [*METHODS.values(), METRICS], ids=lambda one: one.package)
def test_references_name_a_paper_a_place_and_a_link(registry: Registry) -> None:
    for name, entry in registry.entries.items():
        assert entry.references or entry.kind != "method", name
        for paper, place, link in entry.references:
            assert paper and place and link.startswith("https://"), name
        described = describe(entry, "")["references"]
        assert [tuple(one.values()) for one in described] == list(entry.references)
