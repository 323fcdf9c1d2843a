"""`device` before any job: one sentence if this machine's jobs need a GPU that is missing."""

import re
from types import SimpleNamespace

import pytest

from suite.planning import refusals
from suite.planning.configuration import Config, parse_config
from suite.planning.jobs import embeds, job_prefix
from suite.running import devices

TRAIN = {"train_gantk", "train_baselines"}


def config(device: str, metric: str = "fid_train") -> Config:
    return parse_config(
        {
            "name": "x",
            "device": device,
            "metrics": [metric],
            "datasets": {"mnist": {}},
            "experiments": {"t": {"datasets": {"mnist": {"n": [64]}}, "methods": {"dcgan": {}}}},
        }
    )


@pytest.fixture
def one_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "visible", lambda: (["GPU-aa"], ""))
    monkeypatch.setattr(devices, "cuda_build", lambda framework: framework == "torch")


@pytest.mark.usefixtures("one_gpu")
@pytest.mark.parametrize(
    ("rules", "conda", "here", "refused"),
    [
        ({"train_gantk"}, [], True, True),
        ({"train_gantk"}, ["conda"], True, False),
        ({"train_gantk"}, [], False, False),
        ({"train_baselines", "evaluate"}, [], True, False),
        ({"table", "nearest"}, [], True, False),
    ],
)
def test_a_cpu_build_is_refused_where_its_rule_runs_here(rules, conda, here, refused) -> None:
    asked = config("gpu")
    if refused:
        with pytest.raises(SystemExit, match="error: device: gpu, but JAX is installed without"):
            refusals.check_devices(asked, rules, here=here, conda=conda)
    else:
        refusals.check_devices(asked, rules, here=here, conda=conda)


def test_without_a_gpu_what_trains_or_embeds_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(devices, "visible", lambda: ([], "none"))
    for rules in ({"train_baselines"}, {"evaluate"}):
        with pytest.raises(SystemExit, match="no GPU was found"):
            refusals.check_devices(config("gpu"), rules, here=True, conda=["conda"])
    for device in ("auto", "cpu"):
        refusals.check_devices(config(device), TRAIN, here=True, conda=[])
        assert devices.asked(device) == 0
    assert devices.asked("gpu") == 1


@pytest.mark.usefixtures("one_gpu")
def test_a_gpu_is_asked_for_by_auto_where_there_is_one_and_by_metrics_that_embed() -> None:
    assert devices.asked("auto") == 1
    assert devices.asked("cpu") == 0
    assert embeds(config("gpu"))
    assert not embeds(config("gpu", "am_ssim"))
    refusals.check_devices(config("gpu", "am_ssim"), {"evaluate"}, here=True, conda=[])


def test_auto_is_refused_where_jobs_that_need_a_device_run_elsewhere(monkeypatch) -> None:
    monkeypatch.setattr(devices, "visible", lambda: ([], "none"))
    for rules in ({"train_gantk", "table"}, {"train_baselines"}, {"evaluate"}):
        with pytest.raises(SystemExit, match=r"auto depends on this machine's GPUs.*set `device`"):
            refusals.check_devices(config("auto"), rules, here=False, conda=[])
    refusals.check_devices(config("auto"), {"table", "nearest"}, here=False, conda=[])
    refusals.check_devices(config("auto", "am_ssim"), {"evaluate"}, here=False, conda=[])
    for device in ("cpu", "gpu"):
        refusals.check_devices(config(device), TRAIN, here=False, conda=[])


def test_jobs_that_need_not_run_need_no_gpu(monkeypatch) -> None:
    monkeypatch.setattr(devices, "visible", lambda: ([], "none"))
    jobs = [SimpleNamespace(rule=SimpleNamespace(name=n)) for n in ("train_baselines", "table")]

    def workflow(needed: str) -> SimpleNamespace:
        dag = SimpleNamespace(jobs=jobs, needrun=lambda job: job.rule.name == needed)
        deployment = SimpleNamespace(deployment_method=[])
        return SimpleNamespace(dag=dag, local_exec=True, deployment_settings=deployment)

    refusals.check_workflow(config("gpu"), workflow("table"))
    with pytest.raises(SystemExit, match="no GPU was found"):
        refusals.check_workflow(config("gpu"), workflow("train_baselines"))


def test_a_plan_ends_with_the_sentence_that_the_jobs_would_end_in(unrun) -> None:
    """With status 0, because the plan may be meant for another machine."""
    planned = unrun.snakemake("--dry-run", config=unrun.varied("gpu", device="gpu"))
    assert planned.returncode == 0
    last = planned.stderr.strip().splitlines()[-1]
    assert last.startswith("this machine would refuse the jobs: error: device: gpu, but")


def test_a_walk_is_drawn_on_the_cpu(unrun) -> None:
    """A GPU would have to be leased for 144 images only."""
    methods = {"ga-cntkg": {"latent": 2, "batch": 4, "iterations": 3}}
    config = unrun.varied("latent", device="gpu", experiments__table1__methods=methods)
    walk = "results/tiny/runs/table1/mnist/n8/ga-cntkg/data0/seed0/walk.npz"
    done = unrun.snakemake("--dry-run", "--printshellcmds", walk, config=config)
    commands = re.findall(r"(?:(DEVICE=\w+) )?python -m gantk (walk|train)", done.stdout)
    assert commands == [("", "train"), ("DEVICE=cpu", "walk")], done.stderr


def test_every_job_is_told_the_device_by_what_precedes_its_command() -> None:
    assert " DEVICE=gpu " in job_prefix(config("gpu"), "/root")
