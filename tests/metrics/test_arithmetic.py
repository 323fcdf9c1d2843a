"""Device and precision of embedded images are recorded, and are part of the cache's key."""

import dataclasses

import numpy as np

from metrics.extractors import inception
from metrics.features import Features
from metrics.judging import leased
from suite.protocol.metric import EXTRACTORS


def test_features_of_another_processor_are_computed_anew(tmp_path, monkeypatch) -> None:
    where = {"device": "cpu", "precision": "float32"}
    calls = []

    def embed(images, weights):
        calls.append(dict(where))
        return np.zeros((len(images), 2), np.float32)

    pixels = EXTRACTORS.lookup("pixels")
    stand_in = dataclasses.replace(pixels, embed=embed, arithmetic=lambda: dict(where))
    monkeypatch.setattr(type(EXTRACTORS), "lookup", lambda *_: stand_in)
    images = np.zeros((3, 8, 8, 1), np.uint8)
    for device in ("cpu", "cpu", "NVIDIA H100"):
        where["device"] = device
        store = Features(tmp_path)
        store.embed("pixels", images)
        assert store.arithmetic == {"pixels": where}
    where["precision"] = "tf32"
    Features(tmp_path).embed("pixels", images)
    assert [(call["device"], call["precision"]) for call in calls] == [
        ("cpu", "float32"),
        ("NVIDIA H100", "float32"),
        ("NVIDIA H100", "tf32"),
    ]


def test_only_metrics_that_embed_lease_a_gpu(monkeypatch) -> None:
    monkeypatch.setattr("metrics.judging.lease", lambda framework: framework)
    assert leased(["am_ssim", "fid_train"]) == leased(None) == "torch"
    assert leased(["am_ssim"]) != "torch"


def test_on_a_cpu_the_processor_is_known_without_pytorch(monkeypatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert inception.arithmetic() == {"device": "cpu", "precision": "float32"}
