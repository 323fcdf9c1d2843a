"""What holds for every dataset: nested subsets, and one sentence for missing files."""

import numpy as np
import pytest

from suite.errors import InputError
from suite.source import SOURCES
from tests.datasets.drawn import rows


@pytest.mark.parametrize("name", ["mnist", "ring8"])
def test_subsets_are_nested_by_n_and_differ_by_seed(name):
    small, large = rows(name, n=16), rows(name, n=64)
    np.testing.assert_array_equal(small.data, large.data[:16])
    assert small.digest != rows(name, n=16, seed=1).digest
    assert len(set(large.indices)) == 64


@pytest.mark.parametrize("n", [0, 4097])
def test_more_rows_than_there_are_is_refused(n):
    with pytest.raises(InputError, match="choose n from 1 to 4096"):
        rows("mnist", n=n)


WITH_FILES = [
    name for name, source in SOURCES.entries.items() if "path" in source.settings.model_fields
]


@pytest.mark.parametrize("split", ["train", "heldout"])
@pytest.mark.parametrize("name", WITH_FILES)
def test_missing_files_are_one_sentence_with_the_path(name, split, tmp_path):
    values = {"path": tmp_path / "nowhere"}
    if "source" in SOURCES.lookup(name).settings.model_fields:
        values["source"] = "folder"
    with pytest.raises(InputError, match="nowhere") as error:
        rows(name, split, **values)
    assert "\n" not in str(error.value)
