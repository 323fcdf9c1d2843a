"""What every registered metric and extractor must do."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest

from metrics import features
from metrics.evaluate import Reference, applicable, evaluate
from metrics.features import Features
from suite.protocol.metric import EXTRACTORS, METRICS, Extractor, Metric, Weights
from suite.protocol.registry import Registry
from suite.running.errors import InputError

FOUND = METRICS.entries
SETS = ("train", "heldout", "class")


class _Projection(Features):
    """Random features instead of those of every extractor."""

    def embed(self, name: str, images: np.ndarray) -> np.ndarray:
        flat = images.reshape(len(images), -1) / 255
        seed = len(name)
        return (flat @ np.random.default_rng(seed).normal(size=(flat.shape[1], 24))).astype("f4")


def _images(seed: int, count: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 28, 28, 1), dtype=np.uint8)


def _points(seed: int, count: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 2)).astype(np.float32)


def _value(measure: Metric, generated: np.ndarray, reference: np.ndarray) -> dict:
    labels = np.arange(len(reference)) % 3
    references = {measure.reference: Reference(reference, labels)}
    return evaluate(generated, references, [measure.name], _Projection(), 0)[measure.name]


@pytest.mark.parametrize("name", FOUND)
def test_a_metric_is_finite_repeatable_and_blind_to_order(name):
    measure = FOUND[name]
    draw = _images if measure.data == "images" else _points
    generated, reference = draw(0, 40), draw(1, 30)
    entry = _value(measure, generated, reference)
    assert np.isfinite(entry["value"]) and (entry["std"] is None or entry["std"] >= 0)
    low, high = measure.range
    assert (low is None or entry["value"] >= low) and (high is None or entry["value"] <= high)
    assert (entry["generated"], entry["reference"]) == (40, 30)
    assert _value(measure, generated, reference) == entry
    if name != "fid_infinity_heldout":  # draws rows by position
        order = np.random.default_rng(2).permutation(40)
        shuffled = _value(measure, generated[order], reference)["value"]
        assert shuffled == pytest.approx(entry["value"], rel=1e-6, abs=1e-6)


def test_features_are_kept_for_the_same_rows_weights_and_arithmetic(tmp_path, monkeypatch):
    now, embedded = {"sha256": "a", "device": "cpu"}, []

    def embed(images, weights):
        embedded.append(weights.sha256)
        return np.zeros((len(images), 1), np.float32)

    extractor = Extractor(
        "one",
        embed,
        weights=lambda path: Weights(tmp_path, "here", now["sha256"]),
        arithmetic=lambda: {"device": now["device"]},
    )
    monkeypatch.setattr(
        features,
        "EXTRACTORS",
        SimpleNamespace(
            lookup=lambda name: extractor, module_of=lambda name: "metrics.extractors.pixels"
        ),
    )

    def times(store):
        for _ in range(2):
            store.embed("one", _images(0, 3))
        return len(embedded)

    assert [times(Features()), times(Features())] == [1, 2]
    assert [times(Features(tmp_path)), times(Features(tmp_path))] == [3, 3]
    now["sha256"] = "b"
    assert times(Features(tmp_path)) == 4
    now["device"] = "gpu"
    store = Features(tmp_path)
    assert times(store) == 5
    assert store.arithmetic == {"one": {"device": "gpu"}}


def test_details_stand_beside_the_value():
    entry = _value(FOUND["copying_rate"], _images(0, 40), _images(1, 30))
    assert 0 <= entry["baseline"] <= 1
    assert (entry["reference_set"], entry["extractor"]) == ("train", "pixels")


@pytest.mark.parametrize("name", ["am_ssim_reverse", "coverage_train", "recall_train"])
def test_an_error_by_random_draws_follows_the_seed(name):
    references = {"train": Reference(_images(1, 30))}
    first, again, other = (
        evaluate(_images(0, 40), references, [name], _Projection(), seed)[name]
        for seed in (3, 3, 4)
    )
    assert first["value"] == other["value"]
    assert first["std"] == again["std"] != other["std"]


@pytest.mark.parametrize("name", FOUND)
def test_a_metric_is_of_the_reference_set_that_its_name_tells(name):
    measure = FOUND[name]
    told = name.rpartition("_")[2]
    assert measure.reference == told or told not in SETS
    draw = _images if measure.data == "images" else _points
    own = draw(1, 30)
    labels = np.arange(30) % 3
    others = {key: Reference(draw(seed, 30), labels) for seed, key in enumerate(SETS, 2)}
    if measure.shows == "copies":  # calibrated by held-out rows, if there are any
        del others["heldout"]
    entry = evaluate(
        draw(0, 20), others | {measure.reference: Reference(own, labels)}, [name], _Projection(), 0
    )
    assert entry[name] == _value(measure, draw(0, 20), own)


@pytest.mark.parametrize("name", FOUND)
def test_a_metric_works_at_its_minimum(name):
    measure = FOUND[name]
    draw = _images if measure.data == "images" else _points
    count = max(measure.minimum, 4 if measure.labelled else 1)
    entry = _value(measure, draw(0, measure.minimum), draw(1, count))
    assert np.isfinite(entry["value"])


@pytest.mark.parametrize("name", FOUND)
@pytest.mark.parametrize("real", ["many", "one, repeated"])
def test_a_collapsed_generator_gets_a_number_or_one_sentence(name, real):
    measure = FOUND[name]
    draw = _images if measure.data == "images" else _points
    reference = draw(0, 30) if real == "many" else np.repeat(draw(0, 1), 30, axis=0)
    generated = np.repeat(reference[:1], 40, axis=0)
    if real != "many" and (
        measure.shows in ("copies", "diversity") or name.startswith("copying_rate")
    ):
        with pytest.raises(InputError, match="different training images"):
            _value(measure, generated, reference)
        return
    entry = _value(measure, generated, reference)
    json.dumps(entry, allow_nan=False)  # as metrics.json is written
    low, high = measure.range
    assert low is None or entry["value"] >= low
    assert high is None or entry["value"] <= high + 1e-6  # SSIM in float32


def test_titles_are_distinct_and_extractors_exist():
    titles = [measure.title for measure in FOUND.values()]
    assert len(set(titles)) == len(titles)
    used = {measure.extractor for measure in FOUND.values()} - {None}
    assert used <= EXTRACTORS.entries.keys()


def test_only_what_fits_applies():
    images, points = _images(0, 4), _points(0, 20)
    names = applicable(images, {"train": Reference(images)})
    assert "fid_train" in names and "fid_heldout" not in names and "w2_train" not in names
    assert "density_train" not in names  # needs six rows
    small = applicable(images[:, :3], {"train": Reference(images[:, :3])})
    large = {"am_ssim", "am_ssim_reverse", "copies", "copying_rate_ssim"}
    assert set(names) - set(small) == large
    unlabelled = applicable(points, {"heldout": Reference(points)})
    assert "w2_heldout" in unlabelled and "modes_covered" not in unlabelled


# Inception's weights may not be at hand: test_inception.py
@pytest.mark.parametrize("name", sorted(EXTRACTORS.entries.keys() - {"inception"}))
def test_features_of_a_row_depend_on_its_image_alone(name):
    only = EXTRACTORS.entries[name].shape
    for shape in [only] if only else [(28, 28, 1), (9, 12, 3)]:
        images = np.random.default_rng(3).integers(0, 256, (9, *shape), dtype=np.uint8)
        whole = Features().embed(name, images)
        assert whole.dtype == np.float32 and whole.ndim == 2 and len(whole) == 9
        assert np.isfinite(whole).all() and len(np.unique(whole, axis=0)) == 9
        one = Features().embed(name, images[4:5])
        assert np.allclose(one, whole[4:5], rtol=1e-5, atol=1e-5)


def test_features_are_kept_by_content_and_code(tmp_path, monkeypatch):
    calls = []

    def embed(images, weights):
        calls.append(len(images))
        return images.reshape(len(images), -1).astype(np.float32)

    counted = Extractor("counted", embed)
    monkeypatch.setattr(Registry, "lookup", lambda *_: counted)
    monkeypatch.setattr(Registry, "module_of", lambda *_: "metrics.extractors.pixels")
    first = Features(tmp_path).embed("counted", _images(0, 3))
    store = Features(tmp_path)
    assert np.array_equal(store.embed("counted", _images(0, 3)), first)
    store.embed("counted", _images(1, 3))
    store.embed("counted", _images(1, 3))
    assert calls == [3, 3]
    monkeypatch.setattr(Registry, "module_of", lambda *_: "metrics.extractors.lenet")
    Features(tmp_path).embed("counted", _images(0, 3))
    assert calls == [3, 3, 3]


def test_jobs_that_need_the_same_features_compute_them_once(tmp_path, monkeypatch):
    calls, started = [], threading.Barrier(2)

    def embed(images, weights):
        calls.append(len(images))
        time.sleep(0.2)
        return images.reshape(len(images), -1).astype(np.float32)

    monkeypatch.setattr(Registry, "lookup", lambda *_: Extractor("slow", embed))
    monkeypatch.setattr(Registry, "module_of", lambda *_: "metrics.extractors.pixels")

    def job(_):
        started.wait()
        return Features(tmp_path).embed("slow", _images(0, 3))

    with ThreadPoolExecutor(2) as pool:
        left, right = pool.map(job, range(2))
    assert calls == [3] and np.array_equal(left, right)
