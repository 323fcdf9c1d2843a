"""Missing, damaged and altered files are listed and moved away."""

import re
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from suite.__main__ import app
from suite.planning import outputs
from suite.planning.configuration import parse_config
from suite.planning.verify import examine, mend
from suite.protocol.artefacts import Subset, Trajectory, save_samples
from suite.running import paths
from suite.running.checkpoint import state_file
from suite.running.digests import digest_file
from suite.running.errors import InputError
from suite.running.files import write_arrays, write_artefact, write_json
from suite.running.finished import whole_folder

KEY = "0123456789abcdef0123"
CONFIG = parse_config(
    {
        "name": "made",
        "device": "cpu",
        "samples": 16,
        "metrics": ["w2_train"],
        "seeds": {"training": [0, 1]},
        "datasets": {"ring8": {"heldout": 8}},
        "experiments": {
            "one": {
                "datasets": {"ring8": {"n": [8]}},
                "methods": {"dcgan": {}, "ga-fntk": {}},
            }
        },
    }
)
RUNS = "runs/one/ring8/n8"
SOLVED = f"{RUNS}/ga-fntk/data0/seed0"
SUBSET = "data/ring8/n8/seed0.npz"


def rows(n: int = 8) -> np.ndarray:
    return np.arange(2 * n, dtype=np.float32).reshape(n, 2)


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """The files of a finished workflow, by the rooms' protocols but without their work."""
    home = tmp_path / "results" / "made"
    for file in (*outputs.table_inputs(CONFIG, "one"), *outputs.figure_inputs(CONFIG)):
        path = home / file
        if path.name == paths.RECORD:
            save_samples(path.parent / paths.SAMPLES, rows())
            Trajectory(rows()[None], np.array([0])).save(path.parent / paths.TRAJECTORY)
            write_artefact(path.parent / paths.HISTORY, "iteration,seconds\n")
            if "dcgan" in file:
                write_arrays(path.parent / paths.MODEL, {"x": rows()})
            write_json(path, {"stop_reason": "budget", "key": KEY})
        elif path.suffix == ".npz":
            Subset(rows(), np.zeros(8, np.int64), np.arange(8), "ring8", "train", 0).save(path)
        elif path.suffix == ".json":
            write_json(path, {"made": file})
        else:
            write_artefact(path, f"{file}\n" * 9)
    text = CONFIG.model_dump_json(exclude_unset=True)
    for name in ("config/all.json", "config/one.json"):
        write_artefact(home / name, text)
    for name in ("tables/one.csv", "tables/one.md", "tables/one.html", "index.html"):
        write_artefact(home / name, "page\n" * 9)
    for name in ("figures/samples.png", "figures/SHA256SUMS"):
        write_artefact(home / name, "picture\n" * 9)
    write_arrays(home / "features" / "pixels-1.npz", {"features": rows()})
    write_artefact(home / "runs/removed/method/metrics.csv", "of no run in the configuration")
    (home / "logs").mkdir()
    (home / "logs" / "job.log").touch()
    return home


def faults(results: Path) -> dict[str, str]:
    return examine(CONFIG, results).faults


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-30])


def change(path: Path) -> None:
    """Replace the content by another valid one."""
    if path.suffix == ".npz":
        with np.load(path) as archive:
            arrays = {name: archive[name] for name in archive.files}
        first = sorted(arrays)[0]
        np.savez_compressed(path, **arrays | {first: arrays[first][::-1]})
    else:
        path.write_text(path.read_text() + " ")


def test_a_finished_workflow_is_whole(results: Path) -> None:
    states = examine(CONFIG, results).states
    assert set(states.values()) == {"whole"}
    assert len(states) == len(list(results.rglob(".*.sha256"))) > 40


@pytest.mark.parametrize(
    "name",
    [
        f"{SOLVED}/part1/samples.npz",
        f"{RUNS}/dcgan/data0/seed1/part0/model.npz",
        f"{SOLVED}/part0/run.json",
        f"{SOLVED}/metrics.json",
        f"{SOLVED}/trajectory.csv",
        SUBSET,
        "data/ring8/class.npz",
        "controls/ring8/n8/data0.json",
        "tables/one.md",
        "figures/samples.png",
        "index.html",
        "config/one.json",
    ],
)
def test_every_harm_to_a_file_is_named_and_set_aside(results: Path, name: str) -> None:
    path = results / name
    content = path.read_bytes()
    for harm in (change, cut, Path.unlink):
        harm(path)
        readable = path.suffix not in (".npz", ".json")  # a truncated text is still a text
        harms = {change: "altered", cut: "altered" if readable else "damaged"}
        assert faults(results) == {name: harms.get(harm, "missing")}
        if harm is not Path.unlink:
            path.write_bytes(content)
    mend(CONFIG, results, examine(CONFIG, results))
    assert faults(results) == {} and not path.exists()
    drawn = results / paths.DRAWN  # from which Snakemake sees that figures must be drawn
    assert "unmade" in examine(CONFIG, results).states.values() or not drawn.exists()


def test_a_bad_part_goes_whole_and_the_good_parts_of_its_job_are_kept(results: Path) -> None:
    run = results / SOLVED
    before = {path.name: path.read_bytes() for path in (run / "part0").iterdir()}
    change(run / "part1" / "samples.npz")
    mend(CONFIG, results, examine(CONFIG, results))
    assert not list((run / "part1").iterdir())
    aside = {path.name for path in (results / paths.SET_ASIDE / SOLVED / "part1").iterdir()}
    assert aside == set(before), "nothing of the user's is deleted"
    state = state_file(results / "checkpoints" / SOLVED / "part0.npz", KEY)
    kept = {path.name: path.read_bytes() for path in whole_folder(state).iterdir()}
    assert kept == before
    assert [path.name for path in (results / "checkpoints").glob("**/*.whole")] == [
        whole_folder(state).name
    ]


def test_redrawn_rows_train_nothing_again(results: Path) -> None:
    """Snakemake starts all jobs that read the rows, and each job finds its finished runs."""
    cut(results / SUBSET)
    mend(CONFIG, results, examine(CONFIG, results))
    parts = sum(len(job.parts) for job in outputs.training_jobs(CONFIG, "one"))
    assert len(list((results / "checkpoints").glob("**/*.whole/run.json"))) == parts == 6


def test_a_second_mending_keeps_what_the_first_set_aside(results: Path) -> None:
    path = results / SUBSET
    for content in (b"one", b"two"):
        path.write_bytes(content)
        digest_file(path).write_text("0  seed0.npz\n")
        mend(CONFIG, results, examine(CONFIG, results))
    aside = (results / paths.SET_ASIDE / SUBSET).parent.glob("seed0.npz*")
    assert sorted(file.read_bytes() for file in aside) == [b"one", b"two"]
    assert faults(results) == {}


def test_what_was_never_made_is_counted_and_no_fault(results: Path) -> None:
    shutil.rmtree(results / RUNS)
    (results / "index.html").unlink()
    digest_file(results / "index.html").unlink()
    counts = Counter(examine(CONFIG, results).states.values())
    assert counts.keys() == {"whole", "unmade"} and counts["unmade"] == 6 * 4 + 2 * 2 + 2 + 1


def test_files_of_earlier_versions_are_read_instead(results: Path) -> None:
    for digest in results.rglob(".*.sha256"):
        digest.unlink()
    states = examine(CONFIG, results).states
    assert set(states.values()) == {"unrecorded"} and len(states) > 30
    cut(results / SOLVED / "part0" / "samples.npz")
    (results / SOLVED / "part1" / "trajectory.npz").unlink()
    assert faults(results) == {
        f"{SOLVED}/part0/samples.npz": "damaged",
        f"{SOLVED}/part1/trajectory.npz": "missing",
    }


def test_kept_features_may_be_deleted_and_halves_are_swept(results: Path) -> None:
    (results / "features" / "pixels-1.npz").unlink()
    (results / "runs/removed/method/metrics.csv").unlink()
    half = results / SOLVED / ".metrics.json.123.json"
    half.write_text("half")
    found = examine(CONFIG, results)
    assert (found.faults, found.half_written) == ({}, [half])
    mend(CONFIG, results, found)
    assert not half.exists()


def test_nothing_is_mended_while_a_workflow_runs(results: Path) -> None:
    cut(results / SUBSET)
    lock = results.parents[1] / ".snakemake" / "locks" / "0.input.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    with pytest.raises(InputError, match=r"a workflow is running here, or was killed: .*--unlock"):
        mend(CONFIG, results, examine(CONFIG, results))
    assert (results / SUBSET).exists()


def test_the_command_names_the_files_and_the_way_back(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app(["verify", str(results)], standalone_mode=False)
    assert re.search(r": files by state\n +\d+  as written\n$", capsys.readouterr().out)
    change(results / SUBSET)
    again = f"snakemake --cores all --configfile {results}/config/all.json"
    with pytest.raises(InputError) as error:
        app(["verify", str(results)], standalone_mode=False)
    assert f"verify {results} --mend`, then `{again}`" in str(error.value)
    said = capsys.readouterr().out
    assert f"altered  {results / SUBSET}\n" in said and "\n     1  altered: " in said
    app(["verify", str(results), "--mend"], standalone_mode=False)
    assert capsys.readouterr().out.endswith(f"this command makes them again: {again}\n")
    change(results / "config" / "all.json")
    with pytest.raises(InputError, match="has changed since it was written"):
        app(["verify", str(results)], standalone_mode=False)
    (results / "mine.json").write_text(CONFIG.model_dump_json(exclude_unset=True))
    chosen = ["--config", str(results / "mine.json"), "--mend"]
    app(["verify", str(results), *chosen], standalone_mode=False)
    assert not (results / "config" / "all.json").exists()


def test_without_a_configuration_the_command_asks_for_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder: name one below results/"):
        app(["verify", str(tmp_path / "missing")], standalone_mode=False)
    with pytest.raises(InputError, match=r"all\.json: no such file: .* with --config FILE"):
        app(["verify", str(tmp_path)], standalone_mode=False)
