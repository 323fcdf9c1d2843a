"""The whole workflow at a tiny scale: its results, and what changes rerun."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from reporting.captions import CAPTIONS
from suite.planning.configuration import RULES
from suite.running.digests import digest_file
from tests.workflow.conftest import TINY, Checkout

RUN = "runs/table1/mnist/n8/ga-cntk/data0/seed0"
AFTER = {"table": 1, "draw": 1, "report": 1, "all": 1}
CONFIGURATION = {"configuration": 2}
JUDGED = {"evaluate_images": 1}
"""the evaluation of the run that represents its cell in figures; it writes three files"""
SOLVED = {"train_gantk": 1}
"""one job makes ga-cntk's 16 samples, as two solutions of 8 rows"""


def test_tables_figures_and_report(finished) -> None:
    results = finished.root / "results" / "tiny"
    with (results / "tables" / "table1.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = "dataset,n,method,metric,ours_mean,ours_std,seeds,published,difference,status"
    assert ",".join(rows[0]).startswith(columns)
    measured = {(row["method"], row["metric"]) for row in rows if row["status"].startswith("ok")}
    metrics = ("fid_train", "fid_heldout", "am_ssim")
    assert measured >= {(method, m) for method in ("dcgan", "ga-cntk") for m in metrics}
    assert ("control:disjoint", "fid_train") in measured
    assert all(float(row["ours_mean"]) >= -1e-6 for row in rows)
    for name in ("tables/table1.md", "tables/table1.html", "index.html"):
        assert (results / name).stat().st_size > 100
    with (results / RUN / "trajectory.csv").open(encoding="utf-8") as file:
        followed = {(row["iteration"], row["metric"]) for row in csv.DictReader(file)}
    assert followed >= {("0", m) for m in metrics} | {("3", m) for m in metrics}
    drawn = {path.name for path in (results / "figures").glob("*.png")}
    kinds = ("samples", "learning", "trajectory", "path", "nearest", "curves", "stages")
    assert drawn == {f"{kind}-table1-mnist-n8.png" for kind in kinds}


def test_snakemakes_report_has_every_figure_with_its_caption(finished) -> None:
    done = finished.snakemake("--report", "report.html")
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    page = (finished.root / "report.html").read_text(encoding="utf-8")
    drawn = [path.stem for path in (finished.root / "results/tiny/figures").glob("*.png")]
    for stem in drawn:
        caption = CAPTIONS[stem.partition("-")[0]]
        assert f"{caption.title}. {caption.text[:20]}" in page.replace("\\n", " ")
    assert len(drawn) == 7


def test_run_leaves_its_settings_and_provenance(finished) -> None:
    run = finished.root / "results" / "tiny" / RUN
    record = json.loads((run / "part1" / "run.json").read_text(encoding="utf-8"))
    assert record["seeds"] == {"data": 0, "training": 0, "part": 1}
    assert record["settings"]["iterations"] == 3 == record["iterations"]
    assert record["stop_reason"] == "budget"
    judged = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    assert (judged["status"], judged["samples"]) == ("ok", 16)
    assert judged["metrics"]["fid_train"]["reference"] == 8
    assert not list((finished.root / "results/tiny/checkpoints").rglob("*.npz"))


def test_every_job_has_a_progress_line(finished) -> None:
    output = (finished.root / "first-run.txt").read_text(encoding="utf-8")
    done, totals = zip(*re.findall(r"^(\d+)/(\d+) ", output, re.MULTILINE), strict=True)
    assert list(map(int, done)) == list(range(1, int(totals[0]) + 1)) and len(set(totals)) == 1
    assert "train ga-cntk on 8 rows of mnist (table1, seed 0, parts 0-1)" in output


def test_second_run_does_nothing_and_says_so(finished) -> None:
    done = finished.snakemake()
    assert done.returncode == 0
    assert "Nothing to be done" in done.stdout + done.stderr


def test_bad_files_are_found_and_the_workflows_own_command_makes_them_again(
    finished, tmp_path
) -> None:
    """A part of a job of two is deleted, which Snakemake does not notice; a table is altered."""
    shutil.copytree(finished.root, tmp_path / "copy", copy_function=shutil.copy2)
    copy = Checkout(tmp_path / "copy")
    results = copy.root / "results" / "tiny"
    names = [f"{RUN}/part1/samples.npz", f"{RUN}/metrics.json", "tables/table1.csv"]
    before = [(results / name).read_bytes() for name in names]
    kept = (results / RUN / "part0" / "run.json").read_bytes()
    (results / names[0]).unlink()
    times = (results / names[2]).stat()
    (results / names[2]).write_text("altered")
    os.utime(results / names[2], ns=(times.st_atime_ns, times.st_mtime_ns))
    assert copy.planned() == {}

    def verify(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "suite", "verify", "results/tiny", *options],
            cwd=copy.root,
            capture_output=True,
            text=True,
            check=False,
        )

    found = verify()
    assert found.returncode == 1
    assert found.stdout.startswith(
        f"missing  results/tiny/{names[0]}\naltered  results/tiny/{names[2]}\nresults/tiny: "
    )
    assert verify("--mend").returncode == 0
    assert copy.planned() == {**SOLVED, **JUDGED, **AFTER}
    done = copy.snakemake()
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    assert [(results / name).read_bytes() for name in names] == before
    assert (results / RUN / "part0" / "run.json").read_bytes() == kept, "not trained again"
    assert copy.planned() == {}
    assert verify().returncode == 0


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"seeds": {"training": [0, 1]}},
            {**SOLVED, "train_baselines": 1, "evaluate": 2, **CONFIGURATION, **AFTER},
        ),
        (
            {"threads": 2, "device": "auto", "parts_per_job": 1},
            {**CONFIGURATION, **AFTER},
        ),
    ],
    ids=["second seed", "what decides no number"],
)
def test_changed_setting_reruns_what_depends_on_it(finished, changes, expected) -> None:
    assert finished.planned(finished.varied("changed", **changes)) == expected


EDITED = {
    "gantk/methods/ga_cntk.py": "code",
    "baselines/losses.py": "code",
    "metrics/definitions/am_ssim.py": "code",
    "metrics/nearest.py": "code",
    "reporting/figures/learning.py": "code",
    "reporting/pages/index.py": "code",
    "reporting/pages/templates/style.css": "content",
}
"""File -> the reported kind of change."""


def reasons(said: str) -> dict[str, set[str]]:
    """Job -> the reasons why it would run, from the output of `suite explain`."""
    found = {}
    for block in said.split("\n\n")[1:]:
        lines = block.splitlines()
        for job in (line.strip() for line in lines if line.startswith("    ")):
            found[job] = {line for line in lines if not line.startswith((" ", "no reason"))}
    return found


def test_each_job_that_would_run_is_named_with_its_reasons(finished) -> None:
    """Code of every room and settings are changed at once. Each job has its own reasons."""
    assert finished.explained().splitlines() == [f"results/tiny, by {TINY}: jobs that would run: 0"]
    record = finished.root / "results/tiny" / RUN / "part0/run.json"
    times, digest = record.stat(), digest_file(record)
    before = {path: path.read_bytes() for path in (record, digest)}
    before |= {finished.root / name: (finished.root / name).read_bytes() for name in EDITED}
    versions = json.loads(before[record])
    versions["packages"]["jax"] = "0.1"
    dcgan = {"updates": 4, "batch": 8, "snapshot_rows": 8}
    config = finished.varied(
        "explained",
        experiments__table1__methods={"dcgan": dcgan, "ga-cntk": {"iterations": 4}},
        seeds={"training": [0], "evaluation": 5},
        datasets={"mnist": {"heldout": 9}},
    )
    try:
        digest.unlink()  # of the earlier record
        record.write_text(json.dumps(versions), encoding="utf-8")
        os.utime(record, ns=(times.st_atime_ns, times.st_mtime_ns))
        for name in EDITED:
            with (finished.root / name).open("a", encoding="utf-8") as file:
                file.write("\nEDITED = 1\n")
        said = finished.explained(config)
    finally:
        for path, content in before.items():
            path.write_bytes(content)
        os.utime(record, ns=(times.st_atime_ns, times.st_mtime_ns))
    edited = {name: f"{name}: {what} changed" for name, what in EDITED.items()}
    other, made = RUN.replace("ga-cntk", "dcgan"), "part0/run.json"
    kernel, loss = edited["gantk/methods/ga_cntk.py"], edited["baselines/losses.py"]
    after, judged = "its input files would be made again", edited["metrics/definitions/am_ssim.py"]
    seed, style = "--seed: 0 -> 5", edited["reporting/pages/templates/style.css"]
    evaluated = {after, seed, judged, edited["metrics/nearest.py"]}
    found = reasons(said)
    assert {job: why for job, why in found.items() if not job.startswith("configuration")} == {
        f"train_gantk_0_1: {RUN}/{made}": {"iterations: 3 -> 4", kernel},
        f"train_baselines: {other}/{made}": {"updates: 3 -> 4", loss},
        "reference: data/mnist/heldout.npz": {"--n: 8 -> 9"},
        f"evaluate_images: {RUN}/metrics.json": evaluated,
        f"evaluate_images: {other}/metrics.json": evaluated,
        "controls: controls/mnist/n8/data0.json": {after, seed, judged},
        "table: tables/table1.csv": {after, style},
        "draw: figures": {after, edited["reporting/figures/learning.py"]},
        "report: index.html": {after, style, edited["reporting/pages/index.py"]},
    }
    assert len(found) == 9 + CONFIGURATION["configuration"]
    assert re.search(r"no reason to run again: .*made with jax 0\.1, now .*: 1\n", said)


def test_a_copy_reruns_nothing_whatever_the_times_of_its_files(finished, tmp_path) -> None:
    """`cp -r` writes new times in its own order. Here inputs are newer than their outputs."""
    copy = Checkout(tmp_path / "copy")
    shutil.copytree(finished.root, copy.root, copy_function=shutil.copy)
    files = [path for path in (copy.root / "results").rglob("*") if path.is_file()]
    for age, path in enumerate(sorted(files, key=lambda path: path.stat().st_ino)):
        os.utime(path, ns=(0, 10**18 - age * 10**9))
    for path in (copy.root / "results/tiny/data").rglob("*.npz"):
        os.utime(path)
    assert copy.planned() == {}
    subset = copy.root / "results/tiny/data/mnist/n8/seed0.npz"
    subset.write_bytes(subset.read_bytes()[:-1] + b"x")
    assert copy.planned()["train_gantk"] == 1


def test_more_samples_need_only_the_missing_solutions(finished) -> None:
    """16 samples are two solutions of 8 rows, 24 are three. DCGAN draws all samples again."""
    planned = finished.planned(finished.varied("changed", samples=24, parts_per_job=2))
    assert planned["train_gantk"] == 1
    assert planned["train_baselines"] == 1
    assert planned["evaluate_images"] == 2
    assert planned["subset"] == 0


def test_words_and_what_carries_work_out_rerun_nothing(finished) -> None:
    """Docstrings and comments in every room, and code that decides no number, are changed."""
    rooms = ("datasets", "gantk", "baselines", "metrics", "reporting", "suite/protocol")
    files = [path for room in rooms for path in (finished.root / room).rglob("*.py")]
    carrying = [finished.root / "workflow/rules/train.smk", finished.root / "envs/torch.yaml"]
    carrying += [finished.root / room / "__main__.py" for room in (*rooms[:-1], "suite")]
    for room in ("running", "planning"):
        carrying += (finished.root / "suite" / room).glob("*.py")
    before = {path: path.read_text(encoding="utf-8") for path in {*files, *carrying}}
    for path in files:
        words = before[path].replace('"""', '"""Edited: ', 1)
        path.write_text(words + "# edited\n", encoding="utf-8")
    for path in carrying:
        text = before[path].replace("--data {input}", "  --data {input}")
        path.write_text(
            text + ("\nEDITED = 1\n" if path.suffix == ".py" else "\n"), encoding="utf-8"
        )
    try:
        assert finished.planned() == {}
    finally:
        for path, text in before.items():
            path.write_text(text, encoding="utf-8")


def test_rows_that_a_dataset_lacks_are_refused_in_one_sentence(finished) -> None:
    config = finished.varied("faulty", experiments__table1__datasets={"mnist": {"n": [5000]}})
    done = finished.snakemake("--dry-run", config=config)
    assert done.returncode == 1
    where = "error: faulty.yaml: experiments.table1.datasets.mnist.n: 5000 rows are requested"
    assert done.stderr.strip().splitlines()[-1].startswith(where)
    assert "Traceback" not in done.stderr


def test_a_key_that_stands_twice_is_an_error(finished) -> None:
    path = finished.root / "twice.yaml"
    path.write_text(
        (finished.root / "tests/workflow/tiny.yaml").read_text() + "samples: 8\n", encoding="utf-8"
    )
    done = finished.snakemake("--dry-run", config="twice.yaml")
    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 1
    assert re.fullmatch(r"error: .*twice\.yaml: line \d+: 'samples' is given twice: .*", last)


def test_every_experiment_is_a_target_and_no_rule(finished) -> None:
    experiment = {"datasets": {"mnist": {"n": [8]}}, "methods": {"dcgan": {"updates": 2}}}
    config = finished.varied("named", experiments={"mine": experiment, "other": experiment})
    done = finished.snakemake("--dry-run", "mine", config=config)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "table of mine" in done.stdout and "table of other" not in done.stdout
    listed = finished.snakemake("--list-rules", config=config).stdout.split()
    families = {re.sub(r"_\d+_\d+$", "", rule) for rule in listed}
    assert families - {"mine", "other"} == RULES - {"evaluate_points"}


def test_two_grids_do_not_merge(finished) -> None:
    """`--configfile` replaces config/config.yaml and does not extend it."""
    planned = finished.planned("config/quick.yaml")
    assert planned["subset"] == 1


def test_a_configuration_without_a_name_is_not_filled_up(unrun) -> None:
    """Otherwise its grid would be merged with config/config.yaml, under the name of that."""
    text = (unrun.root / "config/quick.yaml").read_text(encoding="utf-8")
    nameless = re.sub(r"^name: .*\n", "", text, flags=re.MULTILINE)
    (unrun.root / "nameless.yaml").write_text(nameless, encoding="utf-8")
    done = unrun.snakemake("--dry-run", config="nameless.yaml")
    last = done.stderr.strip().splitlines()[-1]
    assert (done.returncode, last) == (1, "error: nameless.yaml: name: field required")


def test_points_have_no_nearest_images(finished) -> None:
    both = {"mnist": {"n": [8]}, "ring8": {"n": [8]}}
    changes = {
        "datasets": {"mnist": {"heldout": 8}, "ring8": {}},
        "metrics": ["fid_train", "w2_train"],
        "experiments__table1__methods": {
            "dcgan": {"updates": 3, "batch": 8, "snapshot_rows": 8},
            "ga-fntk": {"iterations": 3},
        },
    }
    config = finished.varied("points", **changes, experiments__table1__datasets=both)
    planned = finished.planned(config)
    # Only dcgan's runs on digits exist; neither method has runs on points.
    assert planned["evaluate_images"] == planned["evaluate_points"] == 2
