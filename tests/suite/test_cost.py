"""The cost of a configuration: by hand, and beside Snakemake's plan."""

import re
import subprocess
import sys
from dataclasses import replace

import pytest

from suite.planning import known
from suite.planning import rates as measuring
from suite.planning.configuration import (
    all_methods,
    cells,
    load_config,
    method_entry,
    parse_config,
    settings_of,
)
from suite.planning.cost import (
    Item,
    estimate,
    row_shapes,
    wait,
)
from suite.planning.known import Rate, known_rates, own_rates, read_rates
from suite.planning.rates import _line, save_rates
from suite.planning.table import table
from suite.protocol.method import Work
from suite.running.errors import InputError
from suite.running.provenance import ROOT

MNIST = {"mnist": (28, 28, 1)}
RATES = {
    ("dcgan", "images"): Rate(0.1, 0.2, 5.0),
    ("ga-cntk", "images"): Rate(0.0, 0.01, 20.0),
    ("job", ""): Rate(0.0, 0.0, 2.0),
    ("embed", "images"): Rate(0.0, 0.1, 3.0),
}


def config(**changes):
    values = {
        "name": "costs",
        "device": "cpu",
        "samples": 128,
        "metrics": ["fid_train"],
        "seeds": {"training": [0, 1]},
        "datasets": {"mnist": {"heldout": 64}},
        "experiments": {
            "table1": {
                "datasets": {"mnist": {"n": [64]}},
                "methods": {
                    "dcgan": {"updates": 10, "batch": 32, "snapshots": 3, "snapshot_rows": 32},
                    "ga-cntk": {"iterations": 100, "snapshots": 3},
                },
            }
        },
    }
    return parse_config(values | changes)


def by_name(items):
    return {item.what: item for item in items}


def test_time_follows_from_work_and_rates():
    found = by_name(estimate(config(), MNIST, RATES))
    gan = found["train dcgan on 64 rows of mnist"]
    # 10 updates of one step of each player, half of the reference's 64 rows.
    assert gan.seconds == pytest.approx(5 + 10 * 2 * (0.1 + 0.2 * 0.5))
    assert gan.jobs == 2
    kernel = found["train ga-cntk on 64 rows of mnist, 2 solutions each"]
    assert kernel.seconds == pytest.approx(20 + 2 * 100 * 0.01)
    assert kernel.jobs == 2  # two seeds, each with two solutions of 64 rows for 128 samples
    apart = by_name(estimate(config(samples=320, parts_per_job=2), MNIST, RATES))
    assert apart["train ga-cntk on 64 rows of mnist, 2 solutions each"].jobs == 4
    last = apart["train ga-cntk on 64 rows of mnist"]
    assert (last.jobs, last.seconds) == (2, pytest.approx(20 + 100 * 0.01))
    place, seen = "dcgan on 64 rows of mnist", 4 * 32
    first, other = found[f"evaluate {place}, with snapshots"], found[f"evaluate {place}"]
    assert (first.jobs, first.seconds) == (1, pytest.approx(3 + 0.1 * (128 + seen)))
    assert (other.jobs, other.seconds) == (1, pytest.approx(3 + 0.1 * 128))


@pytest.mark.parametrize("name", ["quick", "ring"])
def test_jobs_are_those_that_snakemake_plans(name, tmp_path):
    found = load_config(ROOT / "config" / f"{name}.yaml")
    shapes = {"mnist": (28, 28, 1), "ring8": (2,)}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "snakemake", "-n", "--snakefile", str(ROOT / "Snakefile")),
            *("--configfile", str(ROOT / "config" / f"{name}.yaml"), "--directory", str(tmp_path)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    total = int(re.search(r"^total +(\d+)", done.stdout, re.MULTILINE)[1])
    assert sum(item.jobs for item in estimate(found, shapes, {})) == total


def test_unknown_speed_is_said_and_not_guessed():
    items = estimate(config(), MNIST, {})
    assert all(item.seconds is None for item in items)
    assert "of unknown speed" in table(items, 2) and "core-hours" not in table(items, 2)


GA_CNTK, DCGAN = (
    "train ga-cntk on 64 rows of mnist, 2 solutions each",
    "train dcgan on 64 rows of mnist",
)


def test_plans_of_a_gpu_are_in_its_hours_by_experiment_and_say_whose_rates_they_are():
    """An H200 takes 1/236 s for a pass of DCGAN. Its rate for features is unknown."""
    rates = known_rates(on_gpu=True)
    settings = {"updates": 80_000, "snapshots": 3}
    table1 = config().experiments["table1"].model_dump(exclude_unset=True)
    table1["methods"] = {"dcgan": settings}
    found = config(device="gpu", experiments={"table1": table1, "other": table1})
    items = estimate(found, MNIST, rates)
    assert by_name(items)[DCGAN].seconds == pytest.approx(16 + 80_000 / 118, rel=1e-4)
    text = table(items, 4, 2)
    assert re.search(r"0\.77 GPU-hours \(table1 0\.39, other 0\.39\); 0\.\d+ core-hours", text)
    assert "with 4 cores and 2 GPUs done in about 23 min" in text
    assert "of unknown speed: 5 jobs" in text and "rates of an NVIDIA H200" in text


def test_own_rates_of_a_gpu_are_no_cpus(monkeypatch, tmp_path):
    monkeypatch.setattr(known, "cache_folder", lambda: tmp_path)
    save_rates(own_rates(on_gpu=True), {("dcgan", "images"): Rate(1.0, 2.0, 3.0)})
    assert known_rates(on_gpu=True)["dcgan", "images"] == Rate(1.0, 2.0, 3.0, known.HERE)
    assert known_rates()["dcgan", "images"].whose == "one thread of an AMD EPYC"


def test_shapes_of_what_has_yet_to_be_downloaded_are_known():
    source = {"source": {"source": "download"}}
    found = config(datasets={"mnist": source})
    assert row_shapes(found) == MNIST


def test_wait_is_shared_by_cores_but_not_within_a_job():
    kinds = [("many", 10, Rate(0, 0, 6.0)), ("long", 1, Rate(0, 0, 40.0)), ("unknown", 5, None)]
    items = [Item(what, jobs, 0, rate) for what, jobs, rate in kinds]
    assert wait(items, 1) == 100
    assert wait(items, 2) == 50
    assert wait(items, 100) == 40


def test_a_training_leaves_its_samples_and_snapshots():
    """One byte for each pixel, four for each coordinate of a point."""
    found = by_name(estimate(config(), MNIST, RATES))
    assert found[DCGAN].bytes == 784 * (128 + 4 * 32)
    assert found[GA_CNTK].bytes == 2 * 784 * (64 + 4 * 64)
    points = by_name(estimate(config(metrics=["am_ssim"]), {"mnist": (2,)}, RATES))
    assert points[DCGAN].bytes == 2 * 4 * (128 + 4 * 32)


def test_the_rates_of_this_machine_stand_over_the_shipped_ones(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    shipped, own = known_rates(), Rate(1.0, 2.0, 3.0)
    save_rates(own_rates(), {("dcgan", "images"): own})
    assert shipped["dcgan", "images"] != own
    assert known_rates() == shipped | {("dcgan", "images"): replace(own, whose=known.HERE)}


def test_a_pass_is_the_median_of_an_iteration_over_its_steps(tmp_path):
    """The first two iterations fill the caches."""
    history = tmp_path / "history.csv"
    seconds = [10.0, 20.0, 30.0, 32.0, 34.0, 44.0]
    history.write_text("seconds\n" + "\n".join(map(str, seconds)))
    assert measuring.median_pass(history, Work(6, 4, 1.0)) == pytest.approx(2.0 / 4)


def test_rates_are_read_as_written(tmp_path):
    save_rates(tmp_path / "rates.csv", RATES)
    assert read_rates(tmp_path / "rates.csv") == RATES
    (tmp_path / "bad.csv").write_text("name,data\ndcgan,images\n", encoding="utf-8")
    with pytest.raises(InputError, match="not a table of rates"):
        read_rates(tmp_path / "bad.csv")


def test_rates_are_measured_on_the_device_that_was_asked_for(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setenv("DEVICE", "cpu")
    with pytest.raises(InputError, match="device: gpu, but no GPU was found"):
        measuring.measure(config(device="gpu"), MNIST)


def test_a_rate_follows_from_two_sizes():
    assert _line((1.0, 3.0), (4.0, 9.0)) == (1.0, 2.0)
    assert _line((1.0, 1.0), (2.0, 5.0)) == (0.0, 4.0)
    assert _line((1.0, 5.0), (2.0, 4.0)) == (5.0, 0.0)


@pytest.mark.parametrize("name", all_methods())
def test_every_method_says_what_it_costs(name):
    method = all_methods()[name]

    def work(n, **changes) -> Work:
        if method.batch:
            changes["batch"] = n
        settings = method.settings().model_copy(update=changes)
        return method.work(settings, (28, 28, 1), n)

    assert work(64, **{method.budget: 7}).iterations == 7
    assert work(128).size > work(64).size > 0
    assert work(64).size == pytest.approx(256 if name == "stylegan2" else 1)


def test_colour_costs_a_kernel_more():
    method = all_methods()["ga-cntk"]
    grey, colour = (method.work(method.settings(), (32, 32, c), 64).size for c in (1, 3))
    assert colour == pytest.approx(1.8 * grey)


def test_the_fair_comparison_gives_every_method_ten_minutes() -> None:
    """With the suite's rates, for all solutions of a run together."""
    fair = load_config(ROOT / "config" / "fair.yaml")
    rates = read_rates(ROOT / "resources" / "rates.csv")
    for cell in cells(fair):
        method = method_entry(cell.method)
        settings = settings_of(fair, cell)
        work, rate = method.work(settings, MNIST["mnist"], cell.n), rates[method.name, "images"]
        seconds = cell.parts * (rate.seconds(work) - rate.start)
        assert seconds == pytest.approx(600, rel=0.01), cell


def test_the_estimate_counts_the_rows_that_choose_a_snapshot() -> None:
    moment = {"best_snapshot": {"metric": "fid_heldout", "rows": 10}}
    changes = {"metrics": ["fid_heldout"], "samples": 22}
    items = {
        k: by_name(estimate(config(**changes, **v), MNIST, RATES))
        for k, v in ((0, {}), (1, moment))
    }
    place = "dcgan on 64 rows of mnist"
    followed = f"evaluate {place}, with snapshots"
    assert followed in items[0] and followed not in items[1]
    # Snapshots at 0, 1, 3 and 10 of 10 updates, of which three are candidates.
    chosen, plain = (items[k][f"evaluate {place}"].seconds for k in (1, 0))
    assert chosen - plain == pytest.approx(3.0)
