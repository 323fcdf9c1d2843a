"""Full float32 products on every device, checked in the programs lowered for CUDA."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from suite.protocol.artefacts import Subset
from suite.protocol.method import METHODS, Job
from suite.protocol.settings import parse
from suite.running.checkpoint import Checkpoint

ENTRIES = METHODS["gantk"].entries


class Lowered(Exception):
    pass


def lowered(name, monkeypatch, **settings):
    """A method's loss with its gradient, lowered for CUDA, as text."""

    def stop(loss, parameters, constants, *_, **__):
        program = jax.jit(jax.value_and_grad(loss))
        traced = program.trace(parameters, jnp.int32(0), constants)
        raise Lowered(traced.lower(lowering_platforms=("cuda",)).as_text())

    for solver in ("with_generator", "without_generator", "autoencoder"):
        monkeypatch.setattr(f"gantk.descent.{solver}.descend", stop)
    for module in ("flow", "flow_generator", "finite"):
        monkeypatch.setattr(f"gantk.gantk2.{module}.descend", stop)
    data = np.zeros((6, 28, 28, 1), np.uint8)
    rows = Subset(data, np.zeros(6, np.int64), np.arange(6), "black", "train", 0)
    given = {**ENTRIES[name].tiny, **settings}
    with pytest.raises(Lowered) as caught:
        ENTRIES[name].train(
            Job(rows, parse(ENTRIES[name].settings, given, name), 0, 0, 6, Checkpoint(None))
        )
    return str(caught.value)


AUGMENT = {"augment": ["translation", "cutout", "colour"]}
CASES = [
    *((name, {}) for name in ENTRIES),
    *(
        (n, {"blocking": "whole"})
        for n, e in ENTRIES.items()
        if "blocking" in e.settings.model_fields
    ),
    ("ga-cntkg", {"space": "code"}),
    ("ga-cntk", AUGMENT),
]


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_no_product_is_rounded_to_tf32(name, settings, monkeypatch):
    text = lowered(name, monkeypatch, **settings)
    products = re.findall(r"stablehlo\.(?:dot_general|dot|convolution)\b.*", text)
    assert len(products) > 5
    assert not [p for p in products if not re.search(r"precision = \[HIGHEST, HIGHEST\]", p)]
