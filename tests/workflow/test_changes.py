"""The workflow with changes in a user's folder, failing jobs, and a full disk."""

import re
import shlex
import subprocess

import numpy as np
import pytest
from PIL import Image

from tests.workflow.conftest import Checkout

FAULT = """
from pathlib import Path

from suite.running.errors import InputError


def train(job):
    with Path("tries.txt").open("a") as file:
        file.write("tried\\n")
    raise InputError("made to fail: mend it")
"""

KILLED = """
import os
import signal
from pathlib import Path


def train(job):
    with Path("tries.txt").open("a") as file:
        file.write("tried\\n")
    os.kill(os.getpid(), signal.SIGKILL)
"""

CUT = """
import atexit
import os
import sys


def cut():
    import psutil

    above = psutil.Process().parents()
    for process in [p for p in above if p.cmdline()[1:3] == ["-m", "snakemake"]]:
        process.kill()
    os.kill(os.getppid(), 9)


if "train" in sys.argv:
    atexit.register(cut)
"""

JUDGED = """
import os
import signal
from pathlib import Path

judged = judge_controls


def judge_controls(*arguments):
    with Path("tries.txt").open("a") as file:
        file.write("tried\\n")
    if len(Path("tries.txt").read_text().splitlines()) == 1:
        {end}
    return judged(*arguments)
"""


FULL = """
mount -t tmpfs -o size=4m none disk && cd disk && cp ../full.yaml .
{run} > ../first.txt 2>&1 &
until [ -e {log}.running ] || ! kill -0 $!; do sleep 0.1; done
cat /dev/zero > filler 2> /dev/null
wait $! && exit 1
{run} > ../refused.txt 2>&1 && exit 1
rm filler && {run} > ../second.txt 2>&1 && cp {made} ..
"""
OWN_MOUNTS = ["unshare", "--user", "--map-root-user", "--mount", "bash", "-c"]


def may_mount() -> bool:
    """Whether processes can have their own mounts here."""
    try:
        return subprocess.run([*OWN_MOUNTS, "mount -t tmpfs none /mnt"]).returncode == 0
    except OSError:
        return False


def save(folder, numbers, seed=0):
    folder.mkdir(exist_ok=True)
    for i in numbers:
        pixels = np.random.default_rng([seed, i]).integers(0, 256, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{i:03d}.png")


def train_by(checkout: Checkout, code: str) -> None:
    """Put `code` in place of the training of ga-cntk."""
    module = checkout.root / "gantk" / "methods" / "ga_cntk.py"
    text = module.read_text(encoding="utf-8")
    start, end = text.index("def train("), text.index("def check(")
    module.write_text(text[:start] + code + "\n\n" + text[end:], encoding="utf-8")


def test_changed_images_rerun_what_reads_them(unrun) -> None:
    """Subset, held-out rows and the whole split are drawn again together, or not at all."""
    images = unrun.root / "images"
    save(images, range(20))
    config = unrun.varied(
        "mine",
        name="mine",
        datasets={"mine": {"kind": "folder", "source": {"path": "images"}}},
        experiments__table1__datasets={"mine": {"n": [8]}},
    )
    files = [f"results/mine/data/mine/{name}" for name in ("n8/seed0", "heldout", "class")]
    targets = [f"{file}.npz" for file in files]
    done = unrun.snakemake(*targets, config=config)
    assert done.returncode == 0, done.stderr

    def planned():
        return unrun.planned(config, *targets)

    everything = {"subset": 1, "reference": 2}
    save(images, [3], seed=1)
    assert planned() == everything
    save(images, [3])
    assert planned() == {}, "the same content at another time"
    save(images, range(20, 40))
    assert planned() == everything


def test_another_working_directory_will_do(unrun, tmp_path_factory) -> None:
    """The code comes from the Snakefile's folder; results go to the working directory."""
    place = tmp_path_factory.mktemp("elsewhere")
    target = "results/tiny/data/mnist/n8/seed0.npz"
    command = unrun.command("--snakefile", str(unrun.root / "Snakefile"), target)
    command[-1] = str(unrun.root / command[-1])
    done = subprocess.run(
        command, cwd=place, env=unrun.environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (place / target).exists() and not (unrun.root / "results").exists()


def test_a_failed_job_is_told_last_and_not_tried_again(unrun) -> None:
    train_by(unrun, FAULT)
    run = "runs/table1/mnist/n8/ga-cntk/data0/seed0"
    done = unrun.snakemake(f"results/tiny/{run}/part0/run.json")
    assert done.returncode == 1
    *_, sentence, remedy = done.stderr.strip().splitlines()
    assert sentence == f"error: made to fail: mend it (results/tiny/logs/{run}/parts0-1.log)"
    assert remedy.endswith("run the same command again to continue")
    assert (unrun.root / "tries.txt").read_text().splitlines() == ["tried"]


@pytest.mark.skipif(not may_mount(), reason="needs a small disk of its own")
def test_a_full_disk_is_said_once_and_with_space_again_the_same_command_goes_on(unrun) -> None:
    """It fills up while a job runs. Without any space, Snakemake cannot even start."""
    experiment = {"datasets": {"ring8": {"n": [8]}}, "methods": {"wgan": {"updates": 2}}}
    unrun.varied(
        "full",
        metrics=["w2_train"],
        datasets={"ring8": {"heldout": 8}},
        experiments={"table1": experiment},
    )
    run = "runs/table1/ring8/n8/wgan/data0/seed0"
    log, made = f"results/tiny/logs/{run}/part0.log", f"results/tiny/{run}/part0/run.json"
    command = unrun.command("--snakefile", str(unrun.root / "Snakefile"), made, config="full.yaml")
    (unrun.root / "disk").mkdir()
    script = FULL.format(run=shlex.join(command), log=log, made=made)
    done = subprocess.run(
        [*OWN_MOUNTS, script], cwd=unrun.root, env=unrun.environment(OMP_NUM_THREADS="1")
    )
    first, refused, second = (
        (unrun.root / f"{name}.txt").read_text() for name in ("first", "refused", "second")
    )
    assert done.returncode == 0, first + refused + second
    assert first.count("no space is left on the disk") == 1, first
    assert first.strip().endswith("correct this, then run the same command again to continue")
    assert len(first.splitlines()) < 40 and "Traceback" not in first
    failed = re.findall(r"^failed after .*: train wgan ", first, re.MULTILINE)
    assert len(failed) == 1, "not tried again"
    assert re.search(r"^error: .*/disk: no space is left on the disk", refused, re.MULTILINE)
    assert "Traceback" not in refused
    assert (unrun.root / "run.json").is_file()


def test_what_ends_between_its_last_file_and_the_end_of_its_job_is_not_trained_again(unrun) -> None:
    """All processes are killed when the training ends; Snakemake then deletes the outputs."""
    (unrun.root / "sitecustomize.py").write_text(CUT)
    part = unrun.root / "results/tiny/runs/table1/mnist/n8/ga-cntk/data0/seed0/part0"
    target = f"{part.relative_to(unrun.root)}/run.json"
    assert unrun.snakemake(target).returncode != 0
    before = {path.name: path.read_bytes() for path in part.iterdir()}
    assert "run.json" in before
    (unrun.root / "sitecustomize.py").unlink()
    assert unrun.snakemake("--unlock", target).returncode == 0
    done = unrun.snakemake(target)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {path.name: path.read_bytes() for path in part.iterdir()} == before
    assert not (unrun.root / "results/tiny/checkpoints").exists()


def test_in_the_job_of_a_cluster_a_killed_training_is_not_started_again(unrun) -> None:
    """The Snakemake that submits jobs counts attempts; the one inside the job runs it once."""
    train_by(unrun, KILLED)
    run = "results/tiny/runs/table1/mnist/n8/ga-cntk/data0/seed0/part0/run.json"
    assert unrun.snakemake("results/tiny/data/mnist/n8/seed0.npz").returncode == 0
    done = unrun.snakemake("--mode", "remote", "--retries", "0", run)
    assert done.returncode == 1
    assert (unrun.root / "tries.txt").read_text().splitlines() == ["tried"], done.stderr


@pytest.mark.parametrize(
    ("end", "tries", "status"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", 2, 0),
        ("raise InputError('made to fail: mend it')", 1, 1),
    ],
    ids=["killed", "a sentence"],
)
def test_a_job_that_judges_is_tried_again_if_it_was_killed(unrun, end, tries, status) -> None:
    """It has no checkpoint, so after a scheduler's time limit it starts from the beginning."""
    module = unrun.root / "metrics" / "controls.py"
    text = module.read_text(encoding="utf-8")
    module.write_text(text + JUDGED.format(end=end), encoding="utf-8")
    target = "controls/mnist/n8/data0.json"
    config = unrun.varied("judged", metrics=["am_ssim"])
    done = unrun.snakemake(f"results/tiny/{target}", config=config)
    assert (unrun.root / "tries.txt").read_text().splitlines() == ["tried"] * tries, done.stderr
    assert done.returncode == status
    said = f"error: made to fail: mend it (results/tiny/logs/{target}.log)"
    assert (said in done.stderr) == bool(status)
