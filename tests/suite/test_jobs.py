"""The inputs, options and parts that the rules of the workflow get."""

import errno
import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from suite.planning import ending, identity, jobs, refusals
from suite.planning.configuration import parse_config, shares
from suite.protocol.method import METHODS
from suite.running.files import write_text


def config(**changes: object):
    values = {
        "name": "told",
        "device": "cpu",
        "samples": 20,
        "metrics": ["fid_train", "fid_heldout"],
        "seeds": {"data": [3, 4], "training": [5, 6]},
        "datasets": {"mnist": {"heldout": 16}, "ring8": {}},
        "experiments": {
            "table1": {
                "datasets": {"mnist": {"n": [8]}, "ring8": {"n": [8]}},
                "methods": {"dcgan": {"updates": 2}, "ga-fntk": {}},
            },
            "table2": {"datasets": {"mnist": {"n": [8]}}, "methods": {"dcgan": {}}},
        },
    }
    return parse_config(values | changes)


class wildcards(dict):
    """As Snakemake's: a mapping whose values are attributes too."""

    __getattr__ = dict.__getitem__


def test_every_pair_of_seeds_is_a_run_and_the_first_stands_for_its_cell() -> None:
    found = jobs.runs(config(), "table2")
    cell = "runs/table2/mnist/n8/dcgan"
    assert found == [f"{cell}/data{d}/seed{s}" for d in (3, 4) for s in (5, 6)]
    assert jobs.followed_runs(config(), "table2") == found[:1]
    assert len(jobs.runs(config(), "table1", "table2")) == 4 * 5


def test_controls_are_made_once_a_subset() -> None:
    found = jobs.controls(config(), "table1", "table2")
    cells = [f"controls/{d}/n8/data{s}.json" for d in ("mnist", "ring8") for s in (3, 4)]
    assert sorted(found) == sorted(cells)


def test_the_first_run_of_a_cell_is_judged_into_more_files() -> None:
    images, points, other = jobs.evaluations(config())
    assert list(other.files.values()) == ["metrics.json"]
    assert list(points.files.values()) == ["metrics.json", "trajectory.csv"]
    assert list(images.files.values()) == ["metrics.json", "trajectory.csv", "nearest.npz"]
    assert (images.datasets, images.data_seed, images.seed) == ("mnist", "3", "5")
    assert points.datasets == "ring8" and points.modules == ["metrics.judging"]
    assert images.modules == ["metrics.judging", "metrics.nearest"]
    chosen, *_ = jobs.evaluations(config(best_snapshot={"metric": "fid_heldout", "rows": 12}))
    assert list(chosen.files) == ["out", "nearest"] and chosen.reads == ["samples.npz"]


def test_pictures_are_of_images() -> None:
    found = jobs.pictured_runs(config())
    assert found and all("mnist" in run for run in found)


@pytest.mark.parametrize(
    ("method", "parts", "samples"), [("dcgan", [0], 20), ("ga-fntk", [0, 1, 2], 8)]
)
def test_parts_make_up_the_samples(method: str, parts: list[int], samples: int) -> None:
    """20 samples with 8 rows per solution need 3 solutions. A generator draws all 20."""
    asked = wildcards(method=method, n="8")
    assert jobs.parts(config(), asked, "{part}") == [str(part) for part in parts]
    assert identity.drawn_samples(config(), asked) == f"--samples {samples}"


def test_sets_are_those_that_the_metrics_compare_with() -> None:
    found = config()
    assert jobs.references(found) == ["heldout"]
    assert jobs.options(["train", *jobs.references(found)], "ab") == "--train a --heldout b"
    assert jobs.references(config(metrics=["fid_train"])) == []


def test_names_of_variants_match_their_room_alone() -> None:
    pattern = jobs.variants_of(METHODS["baselines"].entries)
    for name in ("dcgan", "wgan-gp", "dcgan@learning_rate=0.1"):
        assert re.fullmatch(pattern, name)
    for name in ("ga-cntk", "dcgan2", "wgan/gp"):
        assert not re.fullmatch(pattern, name)


def test_sentences_are_the_last_lines_of_logs_that_ended_in_one(tmp_path) -> None:
    """Not of jobs that continued after such a line, nor of earlier runs of the workflow."""
    said = {
        "a/failed.log": "reading\nerror: nowhere: no such file\n\n",
        "a/traceback.log": "Traceback\n  line\nKeyError: 'x'\n",
        "went-on.log": "error: of another kind\ndone\n",
        "killed.log": "half a li",
        "earlier.log": "error: mended since\n",
        "copy.log.said": "error: nowhere: no such file\n",
    }
    for name, text in said.items():
        write_text(tmp_path / name, text)
    os.utime(tmp_path / "earlier.log", (100, 100))
    found = ending.sentences(tmp_path, since=200)
    failed, traceback = tmp_path / "a" / "failed.log", tmp_path / "a" / "traceback.log"
    assert found == [f"nowhere: no such file ({failed})", f"KeyError: 'x' ({traceback})"]


@pytest.fixture
def at_the_end(monkeypatch: pytest.MonkeyPatch) -> list[partial[None]]:
    """The functions that print the last lines when the workflow ends."""
    due: list[partial[None]] = []
    monkeypatch.setattr(ending.logging, "raiseExceptions", True)

    def forget(say: Callable[..., None]) -> None:
        due[:] = [one for one in due if one.func is not say]

    def remember(say: Callable[..., None], *words: object, **more: object) -> None:
        due.append(partial(say, *words, **more))

    monkeypatch.setattr(ending.atexit, "register", remember)
    monkeypatch.setattr(ending.atexit, "unregister", forget)
    return due


def test_a_full_disk_is_said_at_the_end_where_no_job_could_log_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    at_the_end: list[partial[None]],
) -> None:
    """Once, whether or not Snakemake reports a failure, and not after a success."""

    def full(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    ending.watch(tmp_path)
    assert not ending.logging.raiseExceptions
    (say,) = at_the_end
    say()
    assert capsys.readouterr().err.startswith("\nstopped before the end: run the same command")
    monkeypatch.setattr(ending.tempfile, "TemporaryFile", full)
    say()
    assert f"error: {tmp_path}: no space is left on the disk" in capsys.readouterr().err
    ending.say_last(tmp_path, ["snakemake.log"])
    (say,) = at_the_end
    say()
    assert "Snakemake's own log: snakemake.log\nerror: " in capsys.readouterr().err
    ending.say_done("results/mine")
    (say,) = at_the_end
    say()
    assert capsys.readouterr().err == "\ndone\n"


@pytest.mark.parametrize(("free", "refused"), [(0, True), (2**20 - 1, True), (2**20, False)])
def test_a_full_disk_is_refused_before_snakemake_writes_to_it(
    free: int, refused: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = SimpleNamespace(total=2**40, free=free)
    monkeypatch.setattr(refusals.shutil, "disk_usage", lambda folder: usage)
    if refused:
        with pytest.raises(SystemExit, match=f"error: {tmp_path}: no space is left on the disk"):
            refusals.check_space(tmp_path)
    else:
        refusals.check_space(tmp_path)


def matching(found: list[jobs.Training], method: str, n: int, part: int) -> list[str]:
    """The rules that make this part."""
    return [
        training.rule
        for training in found
        if re.fullmatch(training.methods, method)
        and re.fullmatch(training.sizes, str(n))
        and part in training.parts
    ]


@pytest.mark.parametrize("each", [1, 3, 4, 100])
def test_every_part_of_the_grid_has_one_rule(each: int) -> None:
    """100 samples: 13 solutions of 8 rows, 4 of 30 rows, 1 of 100 rows; 1 run of a GAN."""
    grid = {
        "datasets": {"mnist": {"n": [8, 30, 100]}},
        "methods": {"dcgan": {}, "ga-fntk": {}, "ga-cntkg": {}},
    }
    found = jobs.trainings(config(samples=100, parts_per_job=each, experiments={"t": grid}))
    assert len({training.rule for training in found}) == len(found)
    for n, parts in ((8, 13), (30, 4), (100, 1)):
        rules = [matching(found, "ga-fntk", n, part) for part in range(parts)]
        assert all(len(rule) == 1 for rule in rules)
        assert len({rule[0] for rule in rules}) == -(-parts // each)
        assert matching(found, "ga-fntk", n, parts) == []
        assert matching(found, "dcgan", n, 0) == ["train_baselines"]
        assert matching(found, "ga-cntkg", n, 0) == ["train_gantk"]


def test_more_samples_leave_the_jobs_before_the_last_as_they_are() -> None:
    few, more = (shares(config(parts_per_job=3), parts) for parts in (7, 11))
    assert few[:-1] == more[:2] and [len(share) for share in more] == [3, 3, 3, 2]


def test_a_best_snapshot_has_rows_to_choose_by_and_the_whole_split_to_choose_from() -> None:
    chosen = config(best_snapshot={"metric": "fid_heldout", "rows": 12})
    solved = wildcards(method="ga-fntk", experiment="table1", dataset="mnist", n=8)
    assert jobs.parts(chosen, solved, "{part}") == ["0", "1", "2", "3"]
    assert jobs.references(chosen) == ["class", "heldout"]
    assert identity.choice(chosen) == "--choose fid_heldout --choose-rows 12"
    assert jobs.followed_runs(chosen, "table1") == []
    assert identity.choice(config()) == ""
