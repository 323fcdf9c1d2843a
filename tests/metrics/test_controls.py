"""Controls: known images judged like the samples of a method."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from metrics.__main__ import app
from metrics.controls import disjoint_rows, judge_controls
from metrics.features import Features
from suite.protocol.artefacts import Subset
from suite.running.errors import InputError
from tests.metrics.by_hand import call, random_images


def _kept(path, indices, split="train"):
    data = random_images(4, 60)[indices]
    labels = np.zeros(len(data), np.int64)
    Subset(data, labels, np.array(indices), "mnist", split, 0).save(path)
    return path


def _sets(folder):
    """Options for 12 training rows, 20 held-out rows, and a class of 60 rows that contains both."""
    train = _kept(folder / "train.npz", list(range(0, 12)))
    pool = _kept(folder / "class.npz", list(range(60)))
    heldout = _kept(folder / "heldout.npz", list(range(40, 60)), "heldout")
    out = folder / "data0.json"
    return ["--train", train, "--heldout", heldout, "--class", pool, "--out", out], out


def test_controls_judge_real_images(tmp_path):
    sets, out = _sets(tmp_path)
    call("controls", *sets, "--samples", 30, "--metrics", "am_ssim,copying_rate")
    report = json.loads(out.read_text())["controls"]
    assert {name: entry["samples"] for name, entry in report.items()} == {
        "train": 12,
        "heldout": 20,
        "disjoint": 30,
        "blank": 30,
    }
    assert set(report["blank"]["metrics"]) == {"am_ssim"}  # the other one is of features
    values = {name: entry["metrics"]["am_ssim"]["value"] for name, entry in report.items()}
    assert values["train"] == pytest.approx(1, abs=1e-6)


def test_controls_show_what_copies_under_an_augmentation_get(tmp_path):
    train, pool, heldout = (
        _kept(tmp_path / f"{name}.npz", list(rows), split)
        for name, rows, split in (
            ("train", range(12), "train"),
            ("class", range(30), "train"),
            ("heldout", range(40, 60), "heldout"),
        )
    )
    out = tmp_path / "data0.json"
    sets = ["--train", train, "--heldout", heldout, "--class", pool, "--out", out]
    changed = ["--augment", "translation", "--augment", "translation,cutout"]
    call("controls", *sets, *changed, "--samples", 30, "--metrics", "am_ssim")
    report = json.loads(out.read_text())["controls"]
    titles = {name: entry["title"] for name, entry in report.items() if name.startswith("train-")}
    assert titles == {
        "train-translation": "training images, moved",
        "train-translation-cutout": "training images, moved, cut out",
    }
    values = {name: entry["metrics"]["am_ssim"]["value"] for name, entry in report.items()}
    assert values["train"] > values["train-translation"] > values["train-translation-cutout"]
    assert report["train-translation"]["samples"] == 30


def test_disjoint_rows_hold_no_training_row(tmp_path):
    train = Subset.load(_kept(tmp_path / "train.npz", list(range(0, 12))))
    pool = Subset.load(_kept(tmp_path / "class.npz", list(range(60))))
    rows = disjoint_rows(train, pool, 60, 0)
    copies = (rows[:, None] == train.data[None]).all(axis=(2, 3, 4))
    assert copies.shape == (48, 12) and not copies.any()


def test_which_real_rows_are_judged_follows_the_seed(tmp_path):
    train = Subset.load(_kept(tmp_path / "train.npz", list(range(0, 12))))
    pool = Subset.load(_kept(tmp_path / "class.npz", list(range(60))))
    first, again, other = (disjoint_rows(train, pool, 20, seed) for seed in (3, 3, 4))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    # Values are from nine of twelve training rows, errors from draws among all judged rows.
    first, again, other = (
        {
            name: entry["metrics"]["am_ssim_reverse"]
            for name, entry in judge_controls(
                train, pool, pool, ["am_ssim_reverse"], 9, Features(), seed
            )["controls"].items()
        }
        for seed in (3, 3, 4)
    )
    assert first == again
    assert first["train"]["value"] != other["train"]["value"]
    assert first["heldout"]["value"] == other["heldout"]["value"]
    assert first["heldout"]["std"] != other["heldout"]["std"]


def test_new_real_rows_are_not_judged_against_the_set_that_holds_them(tmp_path, monkeypatch):
    monkeypatch.setattr(Features, "embed", lambda self, name, rows: rows.reshape(len(rows), -1))
    train = _kept(tmp_path / "train.npz", list(range(0, 12)))
    pool = _kept(tmp_path / "class.npz", list(range(60)))
    heldout = _kept(tmp_path / "heldout.npz", list(range(40, 60)), "heldout")
    judged = judge_controls(*map(Subset.load, (train, heldout, pool)), None, 9, Features(), 0)
    sets = {
        control: {metric["reference_set"] for metric in entry["metrics"].values()}
        for control, entry in judged["controls"].items()
    }
    assert sets == {
        "train": {"train", "heldout", "class"},
        "heldout": {"train", "class"},
        "disjoint": {"train", "heldout"},
        "blank": {"train"},
    }


def test_controls_are_judged_on_as_many_rows_as_a_run_has_samples(tmp_path):
    """AM-SSIM of 9 of 12 training rows, and of 9 of 48 other rows."""
    sets, out = _sets(tmp_path)
    call("controls", *sets, "--samples", 9, "--metrics", "am_ssim,am_ssim_reverse")
    report = json.loads(out.read_text())
    assert [entry["samples"] for entry in report["controls"].values()] == [9, 9, 9, 9]
    copies = report["controls"]["train"]["metrics"]
    assert copies["am_ssim"]["value"] == pytest.approx(1, abs=1e-6)
    assert copies["am_ssim_reverse"]["value"] < 0.99  # three training rows are not among them
    assert report["left_out"] == []


def test_controls_come_from_the_split_of_the_training_rows(tmp_path):
    train = _kept(tmp_path / "train.npz", list(range(12)))
    heldout = _kept(tmp_path / "heldout.npz", list(range(40, 60)), "heldout")
    sets = ["--train", train, "--heldout", heldout, "--class", heldout]
    with pytest.raises(InputError, match="same split of the same dataset"):
        call("controls", *sets, "--out", tmp_path / "c.json", "--metrics", "am_ssim")


def test_a_control_without_rows_and_a_metric_without_enough_are_left_out_and_said(tmp_path):
    train = _kept(tmp_path / "train.npz", list(range(12)))
    heldout = _kept(tmp_path / "heldout.npz", [40], "heldout")
    out = tmp_path / "c.json"
    sets = ["--train", train, "--heldout", heldout, "--class", train, "--out", out]
    names = ["--samples", 12, "--metrics", "am_ssim,copying_rate"]
    result = CliRunner().invoke(app, [str(a) for a in ["controls", *sets, *names]])
    report = json.loads(out.read_text())
    assert list(report["controls"]) == ["train", "heldout", "blank"]
    assert list(report["controls"]["heldout"]["metrics"]) == ["am_ssim"]
    assert report["left_out"] == [
        "held-out images: Copying rate needs at least 2 rows, not 1",
        "disjoint real images: every image of the split is a training image",
    ]
    for sentence in report["left_out"]:
        assert f"leaving out {sentence}" in result.stderr
