"""Settings take effect in every registered method; the presets agree with docs/."""

import re
from dataclasses import replace
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gantk.kernel.activation import ACTIVATIONS
from gantk.kernel.architecture import architecture
from gantk.kernel.gram import Kernel
from gantk.kernel.peer import PeerKernel
from gantk.methods.ga_cntk_batch import SampledSettings
from gantk.settings import (
    PRESETS,
    ArchitectureSettings,
    ConvolutionalSettings,
    DiscriminatorSettings,
)
from suite.protocol.artefacts import Subset
from suite.protocol.method import METHODS, Job
from suite.protocol.settings import parse
from suite.running.checkpoint import Checkpoint
from suite.running.errors import InputError
from suite.running.provenance import ROOT

ENTRIES = METHODS["gantk"].entries
GA_NTK = [n for n, entry in ENTRIES.items() if issubclass(entry.settings, DiscriminatorSettings)]
CHANGES = {"activation": "erf", "sigma_w2": 2.5, "sigma_b2": 0.7, "convs": 1, "dense": 3}
CHANGES["output_bias"] = False


class Built(Exception):
    pass


@cache
def gram(network, side):
    rows = jnp.asarray(np.random.default_rng(0).random((3, side, side, 1)))
    return np.asarray(jax.jit(Kernel(network, tile=2, devices=1).gram)(rows))


def kernels(name, monkeypatch, **settings):
    """Gram matrices of the kernels that a method builds, one for each discriminator."""
    built = []

    def record(network, side, rows, blocking="auto"):
        built.append(gram(network, side))
        return Kernel(network, tile=2, devices=1)

    def stop(*arguments):
        raise Built

    monkeypatch.setattr(Kernel, "on_all_devices", staticmethod(record))
    monkeypatch.setattr("gantk.dynamics.discriminator.Discriminators.hold", stop)
    data = np.zeros((6, 28, 28, 1), np.uint8)
    subset = Subset(data, np.zeros(6, np.int64), np.arange(6), "black", "train", 0)
    given = {**ENTRIES[name].tiny, **settings}
    with pytest.raises(Built):
        ENTRIES[name].train(
            Job(subset, parse(ENTRIES[name].settings, given, name), 0, 0, 6, Checkpoint(None))
        )
    return built


@pytest.mark.parametrize("name", GA_NTK)
def test_every_setting_of_the_network_reaches_every_kernel(name, monkeypatch):
    own = ENTRIES[name].settings
    settings = set(ArchitectureSettings.model_fields)
    if issubclass(own, ConvolutionalSettings):
        settings |= set(ConvolutionalSettings.__annotations__)
    assert settings <= set(CHANGES), "say in CHANGES what to change a new setting to"
    plain = kernels(name, monkeypatch)
    assert plain
    for setting in settings:
        changed = kernels(name, monkeypatch, **{setting: CHANGES[setting]})
        for before, after in zip(plain, changed, strict=True):
            assert np.abs(after / before - 1).min() > 1e-3, setting


@pytest.mark.parametrize("setting", [{"clip": False}, {"start": "normal"}])
def test_a_generator_has_no_settings_of_rows_that_move_themselves(setting):
    with pytest.raises(InputError, match="unknown key"):
        parse(ENTRIES["ga-cntkg"].settings, setting, "settings")


def test_codes_have_no_convolutions():
    with pytest.raises(InputError, match="leave convs out"):
        parse(ENTRIES["ga-cntkg"].settings, {"space": "code", "convs": 2}, "settings")


@pytest.mark.parametrize("name", ENTRIES)
def test_the_choices_of_activation_are_those_of_the_registry(name):
    schema = ENTRIES[name].settings.model_json_schema()
    assert schema["properties"]["activation"]["enum"] == list(ACTIVATIONS)


def test_the_peer_refuses_an_activation_that_it_lacks(monkeypatch):
    lacking = replace(ACTIVATIONS["relu"](), peer=None)
    monkeypatch.setitem(ACTIVATIONS, "new", lambda: lacking)
    network = replace(architecture(ArchitectureSettings(), None), activation="new")
    with pytest.raises(InputError, match="neural-tangents has no such layer"):
        PeerKernel(network).gram(jnp.zeros((2, 2)))


@pytest.mark.parametrize("name", GA_NTK)
def test_a_preset_stands_under_what_is_given(name):
    model = ENTRIES[name].settings
    defaults = model().model_dump()
    assert model(preset="released-code").model_dump() == defaults
    own = {k: v for k, v in PRESETS["paper"].items() if k in model.model_fields}
    assert {"objective", "lam", "diag_reg"} <= set(own)
    paper = model(preset="paper")
    assert paper.model_dump() == {**defaults, "preset": "paper", **own}
    assert model.model_validate(paper.model_dump()) == paper
    for setting in own:
        given = {"preset": "paper", setting: defaults[setting]}
        assert getattr(model(**given), setting) == defaults[setting]


@pytest.mark.parametrize("name", GA_NTK)
def test_what_a_preset_sets_is_what_is_recorded(name):
    """The workflow passes the given settings and those of the preset."""
    model = ENTRIES[name].settings
    passed = model(preset="paper").model_dump(mode="json", exclude_unset=True)
    assert model(**passed) == model(preset="paper")
    assert passed["objective"] == "norm"


def test_the_experiments_page_has_the_table_of_presets():
    text = (ROOT / "docs/experiments.md").read_text(encoding="utf-8")
    table = text[text.index("| setting | `released-code` (default) | `paper` |") :].split("\n\n")[0]
    rows = [re.findall(r"`([^`]+)`", line) for line in table.splitlines()[2:]]
    defaults = SampledSettings().model_dump()
    assert {row[0]: row[1:] for row in rows} == {
        name: [str(defaults[name]).replace("e-0", "e-"), str(value).removesuffix(".0")]
        for name, value in PRESETS["paper"].items()
    }


def test_a_batch_of_all_rows_is_half_real():
    settings = SampledSettings(batch=6, batch_counts="all rows")
    assert settings.rows(8) == (3, 3)
    assert SampledSettings(batch=6).rows(8) == (6, 6)
    assert SampledSettings(batch=6, generated="all").rows(8) == (6, 8)
    with pytest.raises(InputError, match="choose at most 4"):
        settings.rows(2)
    with pytest.raises(InputError, match="choose an even batch"):
        parse(SampledSettings, {"batch": 5, "preset": "paper"}, "settings")
