"""Time and memory requested from a scheduler: by rule, size and rate."""

import math
from types import SimpleNamespace

import pytest

from suite.planning import cost, jobs, resources
from suite.planning.configuration import Config, all_methods, load_config
from suite.planning.cost import evaluated_images
from suite.planning.known import Rate
from suite.running.provenance import ROOT


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> Config:
    rates = {("dcgan", "images"): Rate(0.0, 0.01, 60.0), ("embed", "images"): Rate(0, 0.1, 0)}
    monkeypatch.setattr(resources, "_rates", lambda on_gpu: rates)
    return load_config(ROOT / "config" / "config.yaml")


def wildcards(method: str, n: int, dataset: str = "mnist") -> SimpleNamespace:
    return SimpleNamespace(experiment="table1", dataset=dataset, method=method, n=str(n))


def test_minutes_are_twice_the_rate_and_at_most_a_day(config: Config, monkeypatch) -> None:
    """A pass of 64 rows of 32 x 32 takes 0.01 (32 / 28)^2 s, and an update has two passes."""
    dcgan = all_methods()["dcgan"]
    monkeypatch.setattr(cost, "settings_of", lambda *_: dcgan.settings(updates=updates))
    updates = 6000
    seconds = 60 + 6000 * 2 * 0.01 * (32 / 28) ** 2
    asked = resources.training_minutes(config, wildcards("dcgan", 64), 1)
    assert asked == pytest.approx(resources.MARGIN + 2 * seconds / 60, abs=1)
    several = 60 + 3 * (seconds - 60)
    asked = resources.training_minutes(config, wildcards("dcgan", 64), 3)
    assert asked == pytest.approx(resources.MARGIN + 2 * several / 60, abs=1)
    updates = 60_000_000
    assert resources.training_minutes(config, wildcards("dcgan", 64), 1) == resources.LONGEST


def test_without_a_rate_a_training_gets_what_it_can_go_on_from(config: Config) -> None:
    assert resources.training_minutes(config, wildcards("ga-cntk", 64), 4) == resources.UNKNOWN


@pytest.mark.parametrize(
    ("metrics", "source", "compared"),
    [
        (["fid_train"], {}, 64),
        (["fid_train", "fid_heldout"], {}, 64 + 1000),
        (["fid_train", "fid_class"], {}, 64 + 4096),
        (["fid_train", "fid_class"], {"source": "download"}, 64 + resources.WHOLE),
    ],
)
def test_judging_counts_what_samples_are_compared_with(config, metrics, source, compared) -> None:
    """0.1 s for each image, doubled; the bundled digits are 4,096 images."""
    mnist = config.datasets["mnist"].model_copy(update={"heldout": 1000, "source": source})
    asked = config.model_copy(update={"metrics": metrics, "datasets": {"mnist": mnist}})
    minutes = resources.evaluation_minutes(asked, wildcards("dcgan", 64), 2048, 1)
    assert minutes == resources.MARGIN + math.ceil(0.2 * (2048 + compared) / 60)


def test_a_job_that_judges_gets_more_time_at_each_attempt(config: Config) -> None:
    asked = (config, wildcards("dcgan", 64), 2048)
    first, second, last = (resources.evaluation_minutes(*asked, attempt) for attempt in (1, 2, 400))
    assert second == 2 * first and last == resources.LONGEST


def test_judging_without_a_rate_gets_what_is_enough(config: Config, monkeypatch) -> None:
    monkeypatch.setattr(resources, "embeds", lambda _: False)
    asked = resources.evaluation_minutes(config, wildcards("dcgan", 64), 2048, 1)
    assert asked == resources.UNKNOWN


def test_a_trajectory_has_the_rows_of_every_snapshot(config: Config) -> None:
    """By default 21 snapshots: 64 images of a GAN, n images of a method without a generator."""
    first, *_, other = jobs.evaluations(config)
    for method, shown in (("sngan", 64), ("ga-cntk", 256)):
        asked = wildcards(method, 256)
        along, end = (evaluated_images(config, asked, rule.follows) for rule in (first, other))
        assert along - end == 21 * shown


def test_a_generator_without_rows_of_its_own_shows_256_at_most() -> None:
    generator = all_methods()["ga-cntkg"].settings
    assert [generator().snapshot_size(n) for n in (64, 256, 512)] == [64, 256, 256]
    assert generator(snapshot_rows=100).snapshot_size(512) == 100
    assert all_methods()["ga-cntk"].settings().snapshot_size(512) == 512


def test_memory_grows_with_the_square_of_the_rows() -> None:
    few, more, most = (resources.training_memory(wildcards("ga-cntk", n)) for n in (64, 1024, 2048))
    assert few < 1.01 * resources.PROCESS
    assert most - resources.PROCESS == pytest.approx(4 * (more - resources.PROCESS), abs=4)
    assert most > resources.PROCESS + 16 * 4096**2 * 8 / 1e6 - 1
