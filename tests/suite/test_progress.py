"""The progress display of the workflow."""

import io
import logging
import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from suite.planning.configuration import Seeds, load_config
from suite.planning.cost import estimate, expected_seconds
from suite.planning.known import known_rates
from suite.running.progress import Forecast, Job, Progress
from suite.running.provenance import ROOT


def job(seconds: float = 100.0, log: Path | None = None) -> Job:
    return Job("train dcgan", seconds, log, parts=1, since=0.0)


def test_all_work_is_spread_over_the_slots_but_no_job_is_cut() -> None:
    forecast = Forecast({1: 100.0, 2: 100.0, 3: 100.0}, slots=2)
    assert forecast.left(0.0) == 150.0
    forecast.start(1, job())
    assert forecast.left(40.0) == (60 + 200) / 2
    alone = Forecast({}, slots=8, running={1: job()})
    assert alone.left(40.0) == 60.0


def test_what_ended_corrects_what_waits() -> None:
    forecast = Forecast({2: 6000.0, 3: 6000.0}, slots=1)
    forecast.start(1, job(6000.0))
    forecast.end(1, now=12_000.0, done=True)
    assert forecast.left(12_000.0) == pytest.approx(24_000, rel=0.02)


def test_a_short_job_that_took_ten_times_as_long_says_little_of_hours() -> None:
    forecast = Forecast({2: 6000.0}, slots=1)
    forecast.start(1, job(0.4))
    forecast.end(1, now=4.0, done=True)
    assert 6000 < forecast.left(4.0) < 6600


def test_a_failed_job_waits_again_and_teaches_nothing() -> None:
    forecast = Forecast({1: 10.0}, slots=1)
    forecast.start(1, job(10.0))
    assert forecast.end(1, now=500.0, done=False)
    assert forecast.left(500.0) == 10.0


def test_a_jobs_own_bar_decides_what_it_needs(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("x" * 5000 + "\rdcgan:  10%|# | 1/10\rdcgan:  50%|##### | 5/10 [00:30<00:30]")
    forecast = Forecast({}, slots=1, running={1: job(seconds=1000.0, log=log)})
    assert forecast.left(30.0) == pytest.approx(30.0)
    # Each of several solutions has its own bar, so the rate decides.
    forecast.running[1].parts = 3
    assert forecast.left(30.0) == pytest.approx(970.0)


def test_what_came_before_a_bar_is_no_part_of_its_speed(tmp_path: Path) -> None:
    """A compilation of 100 s, then 1 s for each percent."""
    log = tmp_path / "log"
    forecast = Forecast({}, slots=1, running={1: job(seconds=1000.0, log=log)})
    log.write_text("\r  0%| | 0/100")
    assert forecast.left(100.0) == 900.0
    log.write_text("\r 10%|# | 10/100")
    assert forecast.left(110.0) == pytest.approx(90.0)


def record(event: str, **more: object) -> logging.LogRecord:
    made = logging.makeLogRecord({"levelno": logging.INFO, "msg": "", "event": event})
    for name, value in more.items():
        setattr(made, name, value)
    return made


@pytest.fixture
def shown() -> tuple[Progress, io.StringIO]:
    stream = io.StringIO()
    progress = Progress(Forecast({1: 9.0}, 1), 1, stream)
    started = {
        "rule_name": "train_baselines",
        "wildcards": {"method": "dcgan"},
        "log": ["no/such.log"],
        "rule_msg": "train dcgan on 8 rows of mnist",
        "resources": SimpleNamespace(parts=1),
    }
    progress.emit(record("job_info", jobid=1, **started))
    return progress, stream


def test_where_no_terminal_redraws_a_job_is_one_line(shown: tuple[Progress, io.StringIO]) -> None:
    progress, stream = shown
    progress.emit(record("None", msg="Select jobs to execute..."))
    progress.emit(record("job_finished", job_id=1))
    progress.close()
    assert stream.getvalue() == "1/1 train dcgan on 8 rows of mnist: 0 s; done\n"


def test_a_failure_is_said_once_and_other_errors_as_they_are(
    shown: tuple[Progress, io.StringIO],
) -> None:
    progress, stream = shown
    noise = {"levelno": logging.ERROR, "exception": "RuleException", "msg": "Command '...' exit 1"}
    progress.emit(record("job_error", jobid=1))
    progress.emit(record("error", **noise))
    progress.emit(record("None", msg="Trying to restart job 1."))
    progress.emit(record("error", **noise | {"exception": "MissingOutputException", "msg": "gone"}))
    progress.close()
    assert stream.getvalue() == (
        "failed after 0 s: train dcgan on 8 rows of mnist\n"
        "retrying: train dcgan on 8 rows of mnist\ngone\n"
    )


def test_a_reader_who_has_gone_ends_nothing(shown: tuple[Progress, io.StringIO]) -> None:
    progress, _ = shown
    read, write = os.pipe()
    os.close(read)
    progress.stream = os.fdopen(write, "w")
    progress.emit(record("job_finished", job_id=1))
    progress.emit(record("None", levelno=logging.ERROR, msg="again"))
    progress.close()
    assert progress.done == 1


def test_a_long_wait_says_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suite.running.progress.HEARTBEAT", 0.0)
    stream = io.StringIO()
    progress = Progress(Forecast({}, 1, {1: job()}), 1, stream)
    deadline = time.monotonic() + 20
    while "train dcgan: " not in stream.getvalue() and time.monotonic() < deadline:
        time.sleep(0.05)
    progress.close()
    assert stream.getvalue().startswith("train dcgan: ")


def test_each_job_is_expected_to_take_what_the_plan_says() -> None:
    quick = load_config(ROOT / "config" / "quick.yaml")
    config = quick.model_copy(update={"seeds": Seeds(training=(0, 1))})
    seconds = expected_seconds(config)
    items = {i.what: i.seconds for i in estimate(config, {"mnist": (28, 28, 1)}, known_rates())}
    cell = {"experiment": "table1", "dataset": "mnist", "n": "64", "data_seed": "0", "seed": "0"}
    for method in ("dcgan", "ga-cntk", "ga-cntkg"):
        place = f"{method} on 64 rows of mnist"
        assert seconds("train_x", cell | {"method": method}, 1) == items[f"train {place}"]
        judged = seconds("evaluate_images", cell | {"method": method}, 1)
        assert judged == items[f"evaluate {place}, with snapshots"]
        other = seconds("evaluate", cell | {"method": method}, 1)
        assert other == items[f"evaluate {place}"] < judged
    assert seconds("controls", cell, 1) == items["controls of 64 rows of mnist"]
    assert seconds("table", {"experiment": "table1"}, 1) == seconds("draw", {}, 1) > 0
