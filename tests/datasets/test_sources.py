"""Properties of every dataset: nested subsets, and one sentence for missing files."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import get_args

import numpy as np
import pytest

from datasets.draw import draw
from suite.protocol.artefacts import check_data
from suite.protocol.source import SOURCES
from suite.running.errors import InputError
from tests.datasets.drawn import rows

WITH_FILES = [
    name for name, source in SOURCES.entries.items() if "path" in source.settings.model_fields
]
WITHOUT_FILES = sorted({*SOURCES.entries} - {*WITH_FILES} | {"mnist"})
"""mnist can read files too, but some rows are bundled."""
DOWNLOADED = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "cifar10": "CIFAR10"}
"""torchvision's names of the datasets that it downloads."""


@pytest.mark.parametrize("name", WITHOUT_FILES)
def test_rows_are_what_the_source_says_and_the_splits_share_none(name):
    source, train, heldout = SOURCES.lookup(name), rows(name, n=32), rows(name, "heldout", n=32)
    check_data(train.data, name)
    assert train.data.ndim == {"images": 4, "points": 2}[source.data]
    assert train.labels.shape == (32,) and train.labels.min() >= -1
    assert train.digest == rows(name, n=32).digest
    shared = {row.tobytes() for row in train.data} & {row.tobytes() for row in heldout.data}
    assert not shared


@pytest.mark.parametrize("name", WITHOUT_FILES)
def test_subsets_are_nested_by_n_and_differ_by_seed(name):
    small, large = rows(name, n=16), rows(name, n=64)
    np.testing.assert_array_equal(small.data, large.data[:16])
    assert small.digest != rows(name, n=16, seed=1).digest
    whole = rows(name)
    np.testing.assert_array_equal(large.data, whole.data[large.indices])
    np.testing.assert_array_equal(large.labels, whole.labels[large.indices])
    assert list(rows(name, "heldout", n=16).indices) != list(small.indices)


def test_rows_are_drawn_without_replacement_until_none_is_left():
    source = SOURCES.lookup("mnist")
    every, more = (
        rows("mnist", n=4096),
        draw(source, source.settings(), "train", 5000, 0, or_fewer=True),
    )
    assert sorted(every.indices) == list(range(4096))
    np.testing.assert_array_equal(every.indices, more.indices)
    assert len(draw(source, source.settings(), "train", 8, 0, or_fewer=True).data) == 8


@pytest.mark.parametrize("n", [0, 4097])
def test_more_rows_than_there_are_is_refused(n):
    with pytest.raises(InputError, match="choose n from 1 to 4096"):
        rows("mnist", n=n)


@pytest.mark.parametrize("split", ["train", "heldout"])
@pytest.mark.parametrize("name", WITH_FILES)
def test_missing_files_are_one_sentence_with_the_path(name, split, tmp_path):
    values = {"path": tmp_path / "nowhere"}
    if "source" in SOURCES.lookup(name).settings.model_fields:
        values["source"] = "folder"
    with pytest.raises(InputError, match="nowhere") as error:
        rows(name, split, **values)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", DOWNLOADED)
def test_one_job_at_a_time_downloads_into_a_folder(name, tmp_path, monkeypatch):
    """torchvision writes to the final names, so a second job would read incomplete files."""
    meeting, together = Barrier(2), []

    def fetch(*_, **__):
        with suppress(BrokenBarrierError):
            together.append(meeting.wait(0.5))
        raise RuntimeError("no network")

    def job(_):
        with pytest.raises(InputError, match=r"downloaded into .*new .no network.: (put|unp)"):
            rows(name, source="download", path=tmp_path / "new")

    monkeypatch.setattr(f"torchvision.datasets.{DOWNLOADED[name]}", fetch)
    with ThreadPoolExecutor() as jobs:
        list(jobs.map(job, range(2)))
    assert not together


def test_every_source_that_is_downloaded_is_tried():
    found = {
        name
        for name in WITH_FILES
        for field in SOURCES.lookup(name).settings.model_fields.values()
        if "download" in get_args(field.annotation)
    }
    assert found == {*DOWNLOADED}
