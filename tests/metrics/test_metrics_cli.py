"""The metrics' command line: its output, its files, and the errors of bad input."""

import csv
import json
import subprocess
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

from metrics import weights
from metrics.__main__ import app
from metrics.evaluate import Reference
from metrics.inputs import read_rows
from metrics.runs import snapshots
from metrics.similarity import ssim_matrix
from suite.protocol.artefacts import Subset
from suite.running.errors import InputError
from suite.running.files import write_json
from suite.running.provenance import ROOT
from tests.metrics.by_hand import call, npz, random_images, subset_file, write_part


def _program(*arguments):
    command = [sys.executable, "-m", "metrics", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_list_names_metrics_and_extractors():
    lines = _program("list").stdout.splitlines()
    assert {"fid_train: FID (train)", "am_ssim: AM-SSIM", "inception: inception"} <= set(lines)
    told = lines[lines.index("fid_train: FID (train)") + 1]
    assert "Lower is better; against the train set" in told and "0 or more" in told


def test_compare_prints_values_and_counts(tmp_path):
    a = npz(tmp_path / "a.npz", data=random_images(0, 5))
    b = npz(tmp_path / "b.npz", data=random_images(1, 7))
    expected = ssim_matrix(random_images(0, 5), random_images(1, 7)).max(axis=1).mean()
    report = json.loads(call("compare", a, b, "--metrics", "am_ssim", "--json"))
    entry = report["metrics"]["am_ssim"]
    assert entry["value"] == pytest.approx(expected, abs=1e-12)
    assert (entry["generated"], entry["reference"], entry["reference_set"]) == (5, 7, "train")
    line = call("compare", a, b, "--metrics", "am_ssim")
    assert line.split()[0] == "am_ssim" and "5 generated, 7 train" in line


@pytest.fixture
def run(tmp_path):
    """Two parts of one run, of which the second stopped early, and their training subset."""
    parts = [
        write_part(
            tmp_path / "p0",
            0,
            random_images(0, 4),
            random_images(2, 6).reshape(3, 2, 8, 8, 1),
            [0, 1, 9],
        ),
        write_part(
            tmp_path / "p1",
            1,
            random_images(1, 4),
            random_images(3, 4).reshape(2, 2, 8, 8, 1),
            [0, 1],
        ),
    ]
    return parts, subset_file(tmp_path / "train.npz", random_images(4, 6))


def test_evaluate_joins_parts_and_records_where_values_come_from(run, tmp_path):
    parts, train = run
    out = tmp_path / "metrics.json"
    common = ["--train", train, "--out", out, "--metrics", "am_ssim", "--seed", 7]
    call("evaluate", *parts, *common)
    report = json.loads(out.read_text())
    joined = np.concatenate([random_images(0, 4), random_images(1, 4)])
    expected = ssim_matrix(joined, random_images(4, 6)).max(axis=1).mean()
    assert report["status"] == "ok" and report["samples"] == 8
    assert report["metrics"]["am_ssim"]["value"] == pytest.approx(expected, abs=1e-7)
    assert report["seeds"] == {"data": 0, "training": 3, "evaluation": 7}
    assert {"packages", "commit", "source", "weights"} <= report["provenance"].keys()
    before = out.read_bytes()
    call("evaluate", *parts, *common)
    assert out.read_bytes() == before
    call("evaluate", *parts, *common, "--samples", 5)
    assert json.loads(out.read_text())["metrics"]["am_ssim"]["generated"] == 5


def test_a_diverged_run_has_a_status_and_no_values(run, tmp_path):
    _, train = run
    part = write_part(
        tmp_path / "p2", 0, random_images(0, 4), random_images(2, 2)[None], [0], stop="diverged"
    )
    call("evaluate", part, "--train", train, "--out", tmp_path / "m.json")
    report = json.loads((tmp_path / "m.json").read_text())
    assert (report["status"], report["metrics"]) == ("diverged", {})


def test_trajectory_judges_every_snapshot(run, tmp_path):
    parts, train = run
    out, metrics = tmp_path / "trajectory.csv", tmp_path / "metrics.json"
    common = ["--train", train, "--out", metrics, "--metrics", "am_ssim"]
    call("evaluate", *parts, *common)
    alone = metrics.read_bytes()
    call("evaluate", *parts, *common, "--trajectory", out)
    assert metrics.read_bytes() == alone
    rows = list(csv.DictReader(out.open()))
    assert list(rows[0]) == ["iteration", "metric", "value", "generated"]
    assert [row["iteration"] for row in rows] == ["0", "1", "9"]
    expected = ssim_matrix(random_images(2, 6)[4:], random_images(4, 6)).max(axis=1).mean()
    assert float(rows[2]["value"]) == pytest.approx(expected, abs=1e-12)


def test_a_part_that_stopped_earlier_gives_its_last_snapshot(run):
    parts, _ = run
    assert [iteration for iteration, _ in snapshots(parts)] == [0, 1, 9]
    *_, (_, last) = snapshots(parts)
    assert np.array_equal(last, np.concatenate([random_images(2, 6)[4:], random_images(3, 4)[2:]]))


def test_trajectory_judges_by_every_reference_set(tmp_path):
    heldout = subset_file(tmp_path / "heldout.npz", random_images(5, 6, (28, 28, 1)))
    digits = random_images(6, 12, (28, 28, 1))
    part = write_part(tmp_path / "p7", 0, digits, np.stack([digits[:6], digits[6:]]), [0, 9])
    train = subset_file(tmp_path / "train28.npz", digits[6:])
    out, cache = tmp_path / "trajectory.csv", tmp_path / "features"
    sets = ["--train", train, "--heldout", heldout, "--features", cache, "--trajectory", out]
    names = ["am_ssim", "coverage_lenet_heldout"]
    sets += ["--out", tmp_path / "metrics.json", "--metrics", ",".join(names)]
    call("evaluate", part, *sets)
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
        (lambda d: d["data"].__setitem__("digest", "y"), "belongs to another run"),
        (lambda d: d["seeds"].__setitem__("training", 4), "belongs to another run"),
        (lambda d: d["settings"].__setitem__("step", 2.0), "belongs to another run"),
        (lambda d: d["seeds"].__setitem__("part", 0), "is given twice"),
        (lambda d: d.pop("seeds"), "has no entry 'seeds'"),
    ],
)
def test_parts_that_do_not_belong_together(run, tmp_path, change, message):
    parts, train = run
    record = json.loads((parts[1] / "run.json").read_text())
    change(record)
    write_json(parts[1] / "run.json", record)
    with pytest.raises(InputError, match=message):
        call("evaluate", *parts, "--train", train, "--out", tmp_path / "m.json")


def _grid(path):
    path.write_bytes(b"PK\3\4 no archive")
    return path


def _cut(path):
    npz(path, data=random_images(0))
    path.write_bytes(path.read_bytes()[:200])
    return path


def _folder(path):
    path.mkdir()
    return path


BAD = {
    "corrupt": (_grid, "damaged"),
    "truncated": (_cut, "damaged"),
    "absent": (lambda p: p, "no such file"),
    "floats": (lambda p: npz(p, data=np.zeros((3, 8, 8, 1))), "expected uint8"),
    "sixteen bits": (lambda p: npz(p, data=np.zeros((3, 8, 8, 1), np.uint16)), "expected uint8"),
    "no channels": (lambda p: npz(p, data=np.zeros((3, 8, 8), np.uint8)), "expected uint8"),
    "no rows": (lambda p: npz(p, data=np.zeros((0, 8, 8, 1), np.uint8)), "is empty"),
    "pickled": (lambda p: npz(p, data=np.array([{}], object)), "damaged, or not an .npz"),
    "two arrays": (
        lambda p: npz(p, a=random_images(0), b=random_images(0)),
        "none of its arrays .* is called 'data'",
    ),
    "empty folder": (lambda p: _folder(p.with_suffix("")), "contains no image"),
    "other size": (lambda p: npz(p, data=random_images(0, 5, (9, 8, 1))), "images of 8 x 9"),
    "other colour": (lambda p: npz(p, data=random_images(0, 5, (8, 8, 3))), "3 channels"),
    "points": (lambda p: npz(p, data=np.zeros((5, 2), np.float32)), "points of 2 numbers"),
    "NaN points": (lambda p: npz(p, data=np.full((5, 2), np.nan, np.float32)), "NaN or infinite"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_images_end_in_one_sentence(tmp_path, case):
    make, message = BAD[case]
    good = npz(tmp_path / "good.npz", data=random_images(1))
    bad = make(tmp_path / "bad.npz")
    with pytest.raises(InputError, match=message) as caught:
        call("compare", bad, good, "--metrics", "am_ssim")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--metrics", "fid_trian"], "did you mean 'fid_train'"),
        (["--metrics", "fid_heldout"], "needs the heldout set"),
        (["--metrics", "fid_train", "--weights", "absent.pth"], "no such file of Inception"),
        (["--metrics", ","], "--metrics is empty"),
    ],
)
def test_bad_requests_end_in_one_sentence(tmp_path, arguments, message):
    good = npz(tmp_path / "good.npz", data=random_images(1))
    with pytest.raises(InputError, match=message):
        call("compare", good, good, *arguments)


def test_too_few_images_for_a_covariance(tmp_path):
    one = npz(tmp_path / "one.npz", data=random_images(1, 1))
    with pytest.raises(InputError, match="fid_train needs at least 2 rows"):
        call("compare", one, one, "--metrics", "fid_train")


def test_no_weights_and_no_network(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise weights._OutOfReachError("no network")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(weights, "_download", refuse)
    monkeypatch.setattr(weights, "_from_wheel", refuse)
    good = npz(tmp_path / "good.npz", data=random_images(1))
    with pytest.raises(InputError, match="could be fetched neither from"):
        call("compare", good, good, "--metrics", "fid_train")


def test_an_unwritable_output_leaves_nothing(run, tmp_path):
    parts, train = run
    (tmp_path / "file").write_text("")
    out = tmp_path / "file" / "metrics.json"
    with pytest.raises(InputError, match="folder cannot be written"):
        call("evaluate", *parts, "--train", train, "--out", out, "--metrics", "am_ssim")
    assert (tmp_path / "file").read_text() == ""


def test_the_program_prints_one_line_and_exits_with_1(tmp_path):
    done = _program("compare", tmp_path / "absent.npz", tmp_path / "absent.npz")
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1


def test_no_reference_set(run, tmp_path):
    parts, _ = run
    with pytest.raises(InputError, match="no reference set"):
        call("evaluate", *parts, "--out", tmp_path / "m.json")


def test_nearest_finds_the_training_images(run, tmp_path):
    _, train = run
    images = random_images(4, 6)
    order = np.resize([3, 0, 5], 20)
    changed = images[order] ^ 1  # by one grey level: similar to an image, but not the image
    part = write_part(tmp_path / "p9", 0, changed, images[None, :2], [0])
    files = ["--out", tmp_path / "metrics.json", "--nearest", tmp_path / "nearest.npz"]
    call("evaluate", part, "--train", train, "--metrics", "am_ssim", *files)
    found = np.load(tmp_path / "nearest.npz")
    assert np.array_equal(found["indices"], order[:16])
    assert np.all((found["ssim"] > 0.99) & (found["ssim"] < 1))
    assert np.array_equal(found["nearest"], images[order[:16]])
    assert np.array_equal(found["generated"], changed[:16])


def test_labels_count_where_every_row_has_one():
    rows = random_images(4, 3)
    for labels, kept in (([0, 1, 2], True), ([0, -1, 2], False), ([-1, -1, -1], False)):
        subset = Subset(rows, np.array(labels), np.arange(3), "mnist", "train", 0)
        assert (Reference.of(subset).labels is not None) == kept


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
        call(*common, "w2_train")


def test_the_best_snapshot_is_chosen_by_digits_that_no_table_sees(tmp_path):
    """The snapshots have training, held-out and other digits. By coverage the other digits win."""
    digits = np.load(ROOT / "resources/mnist/mnist.npz")
    images, labels = digits["train_images"][..., None], digits["train_labels"]
    train, heldout, other = (images[labels == label][:60] for label in (0, 1, 7))
    pool = Subset(
        np.concatenate([train, other]), np.zeros(120, np.int64), np.arange(120), "mnist", "train", 0
    )
    pool.save(tmp_path / "class.npz")
    sets = ["--train", subset_file(tmp_path / "train.npz", train)]
    sets += ["--heldout", subset_file(tmp_path / "heldout.npz", heldout)]
    sets += ["--class", tmp_path / "class.npz", "--seed", 0]
    moments = np.stack([other, train, other, heldout])  # the first is too early to be chosen
    parts = [
        write_part(tmp_path / f"part{i}", i, rows[-1], rows, [0, 50, 70, 100])
        for i, rows in enumerate((moments[:, :30], moments[:, 30:]))
    ]
    out = tmp_path / "metrics.json"
    names = ["--metrics", "am_ssim", "--choose", "coverage_lenet_heldout", "--choose-rows", 40]
    call("evaluate", *parts, *sets, *names, "--out", out)
    report = json.loads(out.read_text())
    chosen = report["chosen"]
    assert [when for when, _ in chosen["values"]] == [50, 70, 100]
    assert (chosen["iteration"], chosen["rows"], chosen["reference"]) == (70, 40, 60)
    assert report["samples"] == 20
    expected = ssim_matrix(other[40:], train).max(axis=1).mean()
    assert report["metrics"]["am_ssim"]["value"] == pytest.approx(expected)
    call("sheet", tmp_path, "--out", tmp_path / "sheet.png", "--count", 15)
    np.testing.assert_array_equal(read_rows(tmp_path / "sheet.png"), other[40:55])
    for metric, rows, sentence in (
        ("coverage_train", 40, "cannot choose a snapshot"),
        ("coverage_lenet_heldout", 60, "none is left to judge"),
    ):
        names = ["--choose", metric, "--choose-rows", rows]
        with pytest.raises(InputError, match=sentence):
            call("evaluate", *parts, *sets, *names, "--metrics", "am_ssim", "--out", out)
