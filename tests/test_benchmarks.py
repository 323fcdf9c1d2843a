"""Every benchmark runs at a tiny size. repeats.py is right for a known distribution.

Other files test `ablation` (gantk/test_gantk2.py), `gpu` (test_gpu_check.py) and `launches`
(gantk/test_cuda.py).
"""

import csv
import json
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from benchmarks.repeats import SIZES, Line, covered, of_one_run, told_apart
from suite.protocol.artefacts import Subset

RUNS = np.random.default_rng(0).normal(50, 3, 2000)


@pytest.mark.parametrize("size", SIZES)
def test_intervals_of_gaussian_runs_cover_95_in_100(size: int) -> None:
    assert covered(RUNS, size, 1500) == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize("size", SIZES)
def test_groups_of_equal_runs_are_told_apart_5_times_in_100_at_most(size: int) -> None:
    assert told_apart(RUNS, size, 1000) <= 0.07


def test_runs_are_a_part_of_their_mean_and_that_is_allowed_for() -> None:
    """Nine of ten runs are nearer to the mean of all ten than nine new runs would be."""
    values = RUNS[:400].reshape(40, 10)
    shares = [covered(ten, 9, 50) for ten in values]
    assert np.mean(shares) == pytest.approx(0.95, abs=0.03)


def test_what_one_run_would_claim_by_its_own_error() -> None:
    values = np.array([0.0, 1.0, 5.0, 6.0])  # mean 3
    holds, apart = of_one_run(values, np.full(4, 1.2))
    assert holds == 0.5  # 1 and 5 are within 2.4 of it
    assert apart == 4 / 6  # gaps of 4, 5, 5 and 6, beyond 1.96 * 1.2 * sqrt(2) = 3.3


def lines(printed: str) -> list[list[str]]:
    """The cells of a Markdown table, without its head."""
    rows = [line.strip("| ").split(" | ") for line in printed.splitlines() if line[:1] == "|"]
    assert len({len(row) for row in rows}) == 1
    return rows[2:]


def test_intervals_writes_every_promise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from benchmarks import intervals

    intervals.table(lines=1, out=tmp_path / "shares.csv")
    tables = capsys.readouterr().out.strip().split("\n\n")
    assert [len(lines(table)) for table in tables[:2]] == [2 * len(intervals.LAYOUTS)] * 2
    with open(tmp_path / "shares.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len({row["table"] for row in rows}) == len(tables)
    assert all(0 <= float(row["share"]) <= 1 for row in rows)


def test_repeats_prints_a_line_a_metric(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from benchmarks import repeats

    one = Line("dcgan", "ring8", 8, ("w2_train",), {"updates": 1, "batch": 4})
    monkeypatch.setattr(repeats, "LINES", [one])
    repeats.table(runs=10, draws=2)
    assert [row[1] for row in lines(capsys.readouterr().out)] == ["10"]


def test_modes_prints_a_line_a_change(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from benchmarks import modes

    monkeypatch.setattr(modes, "METRICS", ["am_ssim"])
    changes = ["real and generated rows in one batch", "noise of 0.1"]
    modes.main(names=changes, n=4, updates=1, samples=4, moments=1)
    assert [row[:2] for row in lines(capsys.readouterr().out)] == [
        ["held-out digits", ""],
        *([change, "1"] for change in changes),
    ]
    pictures = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), np.uint8)
    of_colour, numbers = tmp_path / "pictures.npz", np.arange(4)
    Subset(pictures, numbers, numbers, "pictures", "train", 0).save(of_colour)
    changes = ["spectral norm in the discriminator", "batch norm in the whole generator"]
    modes.main(changes, data=of_colour, width=0.1, batch=2, updates=1, samples=4, moments=1)
    assert [row[:2] for row in lines(capsys.readouterr().out)] == [[c, "1"] for c in changes]


def test_sensitivity_prints_a_line_a_fault(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from benchmarks import sensitivity

    monkeypatch.setattr(sensitivity, "METRICS", ("am_ssim", "copying_rate"))
    sensitivity.table(n=8, features=None)
    table = {row[0]: row[1:] for row in lines(capsys.readouterr().out)}
    assert len(table) == 10 and table["training images"] == ["1", "1"]
    assert float(table["shifted by two pixels"][0]) < float(table["shifted by one pixel"][0]) < 1


def test_baselines_prints_updates_a_second(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from benchmarks import baselines

    monkeypatch.setattr(baselines, "FASTER", {})
    baselines.main(rounds=1, updates=2, only="dcgan")
    *_, plain, ours = capsys.readouterr().out.splitlines()
    assert plain.split()[:3] == ["dcgan", "plain", "loop"]
    assert ours.split()[:4] == ["dcgan", "as", "it", "comes"]


def test_metrics_agree_with_those_beside_them(capsys: pytest.CaptureFixture[str]) -> None:
    from benchmarks import metrics

    metrics.frechet(n=4, dimensions=8)
    first, second = json.loads(capsys.readouterr().out)["rows"]
    assert first["value"] == pytest.approx(second["value"], rel=1e-6)
    metrics.ssim(generated=2, training=2, pairs=1)
    assert json.loads(capsys.readouterr().out)["error"] < 1e-6


def test_copies_judges_every_kind_by_every_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks import _pictures, copies

    monkeypatch.setattr(copies, "ROWS", 4)
    found = copies.lines("digits", _pictures.digits()[:90], 8)
    rows = [dict(zip(copies.HEAD, map(str, line), strict=True)) for line in found]
    whole = {
        (row["measure"], row["kind"]): float(row["mean"]) for row in rows if row["share"] == "1.0"
    }
    assert {name for name, _ in whole} == {"copies", "copying_rate", "copying_rate_ssim", "am_ssim"}
    assert whole["copies", "as it is"] == whole["am_ssim", "as it is"] == 1
    assert whole["copies", "white"] == whole["copies", "new"] == 0
    assert "| white | 0.00 |" in copies.page(rows)


def test_saturation_draws_three_curves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from benchmarks import saturation

    data = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 1), np.uint8)
    Subset(data, np.zeros(2, np.int64), np.arange(2), "noise", "train", 0).save(tmp_path / "d.npz")
    saturation.main(tmp_path / "d.npz", tmp_path / "s.png", steps=2, width=2, moves=2, first=0.5)
    assert len(lines(capsys.readouterr().out)) == 3
    assert (tmp_path / "s.png").stat().st_size > 0


def test_flow_has_the_gradient_of_neural_tangents(capsys: pytest.CaptureFixture[str]) -> None:
    from benchmarks import flow

    flow.main(n=3, rule="ipm", rounds=1)
    assert json.loads(capsys.readouterr().out)["ours"]["gradient_error"] < 1e-3


def test_discriminators_draws_its_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks import discriminators

    monkeypatch.setattr(discriminators, "WIDTHS", (2,))
    monkeypatch.setattr(discriminators, "RATE", 0.5)
    monkeypatch.setattr(discriminators, "NETWORKS", {"radial": {"kernel": "rbf"}})
    monkeypatch.setattr(discriminators, "flow", partial(discriminators.flow, (0, 1), 3))
    discriminators.main(tmp_path)
    names = {"width-1d.png", "width-2d.png", "field.png", "flow.png"}
    assert {path.name for path in tmp_path.iterdir()} == names


def test_a_step_of_the_kernel_is_timed_in_a_process_of_its_own() -> None:
    command = [sys.executable, "-m", "benchmarks", "kernel", "--n", "1", "--alone", "--rounds", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    report = json.loads(done.stdout)
    assert report["setting"]["n"] == 1
    assert report["ours"]["seconds"] > 0


def test_kept_pictures_hold_the_training_digits_pixel_for_pixel() -> None:
    """So the samples beside them are those of the methods."""
    from benchmarks import published
    from benchmarks._sheets import digits_of

    for (n, picture), methods in published.SHEETS.items():
        first, *sheets = digits_of(published.KEPT / picture)
        assert np.array_equal(first, published._subset(n).data[:64]), picture
        assert len(sheets) >= len(methods) and all(len(sheet) == 64 for sheet in sheets)


def test_a_fid_is_brought_to_the_samples_of_the_paper() -> None:
    """A FID that falls as a + b / rows becomes a + b / 2,048."""
    from benchmarks import published

    rows = published.DRAWN
    fids = (20 + 500 / rows, 20 + 500 / (rows / 2))
    assert published._of_samples(*fids) == pytest.approx(20 + 500 / 2048)


def test_the_largest_eigenvalue_is_that_of_k_over_n() -> None:
    from benchmarks import stability

    assert stability.largest(np.diag([1.0, 2.0, 3.0, 8.0])) == pytest.approx(4.0)


def test_the_vanilla_flow_is_that_of_scipy(tmp_path: Path) -> None:
    from benchmarks import vanilla

    vanilla.main(tmp_path / "vanilla.csv", n=4)
    lines = list(csv.DictReader((tmp_path / "vanilla.csv").open(encoding="utf-8")))
    found = {(x["time"], x["precision"], x["solver"]): float(x["gradient"]) for x in lines}
    for time in ("1", "10", "100"):
        for precision in ("float64", "float32"):
            exact = found[time, precision, "LSODA"]
            assert found[time, precision, "ours"] == pytest.approx(exact, rel=1e-3)
