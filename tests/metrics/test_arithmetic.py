"""Which processor embeds images, and when a GPU is leased for it."""

from metrics.extractors import inception
from metrics.judging import leased


def test_only_metrics_that_embed_lease_a_gpu(monkeypatch) -> None:
    monkeypatch.setattr("metrics.judging.lease", lambda framework: framework)
    assert leased(["am_ssim", "fid_train"]) == leased(None) == "torch"
    assert leased(["am_ssim"]) != "torch"


def test_on_a_cpu_the_processor_is_known_without_pytorch(monkeypatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert inception.arithmetic() == {"device": "cpu", "precision": "float32"}
