"""When a training counts as still improving."""

import pytest

from reporting.trends import improving, late
from suite.protocol.method import snapshot_iterations
from suite.protocol.seeds import stream

FALLING = [400, 300, 200, 150]


@pytest.mark.parametrize(
    ("values", "still"),
    [
        (FALLING, True),
        ([400, 300, 140, 150], False),  # it was better before
        ([400, 100, 150, 99], False),  # the order of the last four may be by chance
        ([400, 300, 200, 195], False),  # less than 5 % per doubling
        ([400, 300, 300, 150], False),  # a tie in the order
        (FALLING[1:], False),  # three snapshots prove nothing
        ([100], False),
        ([], False),
    ],
)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_it_is_the_order_the_gain_and_the_end_that_count(values, still, sign):
    path = [(3 * 4**i, sign * value) for i, value in enumerate(values)]
    assert improving(path, sign) == still
    wide = [(3 * 5**i, value) for i, (_, value) in enumerate(path)]  # 125-fold: too few
    assert not improving(wide, sign)


def test_close_snapshots_are_judged_over_the_last_tenfold():
    """One of many pairs may be out of order: by chance, so few pairs are rarely out of order."""
    times = [100, 140, 190, 260, 360, 500, 700, 1000]
    falls, jumps = (
        [400, 350, 300, 310, 250, 200, 170, 150],
        [150, 160, 170, 180, 152, 200, 190, 120],
    )
    assert improving(list(zip(times, falls, strict=True)), 1.0)
    assert not improving(list(zip(times, jumps, strict=True)), 1.0)


def test_early_snapshots_do_not_count():
    early = [(1, 900), (2, 800), (4, 700)]
    assert not improving([*early, (100, 150), (200, 151), (400, 149), (1000, 120)], 1.0)


@pytest.mark.parametrize("count", [4, 8, 30])
def test_a_training_that_stands_still_seldom_improves(count):
    times, rng = snapshot_iterations(4000, count), stream("test:still", count)
    found = sum(
        improving(list(zip(times, values, strict=True)), 1.0)
        for values in 100 + 30 * rng.normal(size=(2000, len(times)))
    )
    assert found / 2000 <= 0.055


@pytest.mark.parametrize("count", [8, 30])
def test_one_that_falls_to_the_end_improves(count):
    """The usual snapshots of 3,500 iterations: none is between 1,091 and the end."""
    times = snapshot_iterations(3500, count)
    assert improving([(t, 400 / (1 + t) ** 0.3) for t in times], 1.0)


def test_half_way_is_the_last_snapshot_of_the_first_half():
    assert late([(0, 4.0), (50, 3.0), (51, 2.0), (100, 1.0)]) == ((50, 3.0), (100, 1.0))
    assert late([(100, 1.0)]) is None and late([]) is None
