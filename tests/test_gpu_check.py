"""The check for the first run on a GPU: all of it on a CPU, and the faults that it must detect."""

import time

import numpy as np
import pytest

from benchmarks import _stages, gpu
from benchmarks.__main__ import app_of
from benchmarks._stages import TABLE1, Row, Stage, cells, finished
from suite.running import devices
from suite.running.cli import run
from suite.running.errors import InputError


def printed(monkeypatch, capsys, *words: str) -> tuple[int, list[list[str]], str]:
    """Exit status, the cells of the table, and the other output."""
    monkeypatch.setattr("sys.argv", ["gpu", *words])
    with pytest.raises(SystemExit) as ended:
        run(app_of(gpu))
    out, err = capsys.readouterr()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in out.splitlines()]
    return ended.value.code, cells[2:], err


def test_all_of_it_on_a_cpu(monkeypatch, capsys) -> None:
    status, rows, said = printed(
        monkeypatch,
        capsys,
        *("--device", "cpu", "--method", "ga-fntk", "--n", "6", "--updates", "600"),
    )
    assert status == 0, said
    assert all("[cpu]" in what for what, _, _ in rows)
    judged = {what: verdict for what, _, verdict in rows if verdict}
    assert set(judged.values()) == {"ok"} and len(judged) == 5
    for words in ("engine, float32", "engine, float64", "JAX: a f", "PyTorch: a f", "ga-fntk, ki"):
        assert any(what.startswith(words) for what in judged)
    assert any("iterations/s" in found and "peak" in found for _, found, _ in rows)


def test_without_a_gpu_it_is_one_sentence(monkeypatch, capsys) -> None:
    monkeypatch.setattr(devices, "visible", lambda: ([], "none"))
    status, rows, said = printed(monkeypatch, capsys)
    assert (status, rows) == (1, [])
    assert said.startswith("error: no GPU was found (none): add --device cpu to")


def test_a_framework_without_cuda_is_left_out_and_said(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(devices, "visible", lambda: (["GPU-aa"], ""))
    monkeypatch.setattr(devices, "cuda_build", lambda framework: False)
    rows = [
        row for s in gpu.stages(tmp_path, "gpu", ["ga-fntk", "dcgan"], 6, 10) for row in s.rows()
    ]
    left = [row for row in rows if row.found.startswith("not checked")]
    assert [row.what for row in left] == ["JAX", "PyTorch"]
    assert not any(row.passed for row in rows)


def tf32(values: np.ndarray) -> np.ndarray:
    """The array rounded to 10 bits of mantissa."""
    bits = (values.astype(np.float32).view(np.uint32) + np.uint32(1 << 12)) & np.uint32(0xFFFFE000)
    return bits.view(np.float32)


def test_tf32_is_seen(monkeypatch, tmp_path) -> None:
    """The factors are rounded as TF32 rounds them, in a product of the same size."""
    rounded = tf32(np.full((256, 256), 1 + 2.0**-12))
    error = abs((rounded @ rounded)[0, 0] / (256 * (1 + 2.0**-12) ** 2) - 1)
    monkeypatch.setattr(gpu, "probed", lambda *_: {"error": np.array(error)})
    row = gpu.precision(tmp_path, "gpu", "jax")
    assert row.passed is False and "4.9e-04 (TF32: 4.9e-04)" in row.found


@pytest.mark.parametrize(("error", "passed"), [(1e-6, True), (1e-3, False)])
def test_another_gradient_is_seen(monkeypatch, tmp_path, error, passed) -> None:
    def probed(folder, device, what, precision, n):
        gradient = np.array([1.0, 2.0]) + (device == "gpu") * np.array([0, 2 * error])
        return {"value": np.array(3.0), "gradient": gradient, "device": np.array(device)}

    monkeypatch.setattr(gpu, "probed", probed)
    single, double = gpu.equality(tmp_path, "gpu", 6)
    assert single.passed is passed and double.passed is False


def test_captured_updates_are_compared_by_their_bytes(tmp_path) -> None:
    row = gpu.captured(tmp_path, "cpu", "gan", 6, 6)
    assert row.passed and "the same bytes" in row.found


def test_stages_are_kept_as_they_end_and_left_out_without_time(tmp_path) -> None:
    made = []

    def stage(name, seconds):
        def rows():
            made.append(name)
            return [Row(name, "found", True), Row(f"{name}, again", "more, of it")]

        return Stage(name, seconds, rows)

    def found(minutes):
        asked = [stage("one", 1), stage("two", 500)]
        return list(
            finished(asked, tmp_path / "out" / "check.csv", time.monotonic() + 60 * minutes)
        )

    short = found(5)
    assert [row.what for row in short] == ["one", "one, again", "two"]
    assert short[-1].found.startswith("left out: needs about 8 min")
    assert [row.found for row in found(20)] == ["found", "more, of it"] * 2
    assert found(0) == found(20)
    assert made == ["one", "two"]


def test_a_stage_that_fails_keeps_no_other_from_being_made(tmp_path) -> None:
    def fails():
        raise InputError("out of memory")

    fine = Stage("fine", 1, lambda: [Row("fine", "found", True)])
    bad = [False, True]
    again = Stage("again", 1, lambda: [Row("again", "found", bad.pop(0))])
    table, deadline = tmp_path / "check.csv", time.monotonic() + 60
    first = list(finished([Stage("broken", 1, fails), again, fine], table, deadline))
    assert [(row.what, row.passed) for row in first] == [
        ("broken", False),
        ("again", False),
        ("fine", True),
    ]
    assert first[0].found == "failed: out of memory"
    mended = Stage("broken", 1, lambda: [Row("broken", "found", True)])
    for _ in range(2):
        assert all(row.passed for row in finished([mended, again, fine], table, deadline))
    assert table.read_text(encoding="utf-8").count("again") == 2


def test_the_stages_of_table_1_leave_time_for_a_cell_in_twelve_minutes(
    monkeypatch, tmp_path
) -> None:
    """By the estimates for an H200; each includes the start of its processes."""
    monkeypatch.setattr(devices, "visible", lambda: (["GPU-aa"], ""))
    monkeypatch.setattr(devices, "cuda_build", lambda framework: True)
    seconds = [stage.seconds for stage in gpu.stages(tmp_path, "gpu", TABLE1, 64, 400)]
    assert sum(seconds) < 600


def test_cells_are_trained_until_the_time_is_over(monkeypatch) -> None:
    monkeypatch.setattr(_stages, "LEAST", 1)
    rows = list(cells(time.monotonic() + 60, ("true",)))
    assert "dcgan@networks=tuned on 64 digits" in rows[0].what
    assert all(row.passed is False for row in rows)
    (cut, *rest) = cells(time.monotonic() + 1.5, ("sh", "-c", "exec sleep 100"))
    assert "cut off: the same command continues it" in cut.found and cut.passed is None
    assert {row.found for row in rest} == {"no time left"}
    assert {row.found for row in cells(time.monotonic(), ("false",))} == {"no time left"}
