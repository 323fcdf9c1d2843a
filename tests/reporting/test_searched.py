"""Which of several settings represents a method."""

from pathlib import Path

import pytest

from reporting.runs import Evaluation, MetricValue, Run
from reporting.tables.numbers import decimals, number, signed
from reporting.tables.searched import choose
from suite.planning.configuration import Cell


def runs(
    variant: str, *values: float | None, better: str = "lower", status: str = "ok"
) -> list[Run]:
    """The runs of a variant, one for each training seed, with values of the metric `m`."""
    cell = Cell("table1", "mnist", 8, f"dcgan@learning_rate={variant}", 1)
    return [
        Run(
            cell,
            0,
            seed,
            Path(),
            Evaluation(
                status=status, samples=8, metrics={"m": MetricValue(value=value, better=better)}
            ),
            ({"stop_reason": "budget"},),
            "",
        )
        for seed, value in enumerate(values)
    ]


def chosen(*tried: list[Run]) -> str:
    return str(choose(tried, "m")[1])


def test_the_mean_over_runs_decides_and_not_the_first() -> None:
    assert chosen(runs("1", 1.0, 9.0), runs("2", 2.0, 2.0)) == "best of 2 by m: learning_rate=2"


def test_the_highest_is_chosen_where_higher_is_better() -> None:
    tried = runs("1", 0.2, better="higher"), runs("2", 0.9, better="higher")
    assert chosen(*tried) == "best of 2 by m: learning_rate=2"


@pytest.mark.parametrize("spoilt", [runs("1", 1.0, status="diverged"), runs("1", None)])
def test_a_variant_with_a_run_that_failed_is_not_chosen(spoilt: list[Run]) -> None:
    assert chosen(spoilt, runs("2", 5.0)) == "best of 2 by m: learning_rate=2"


def test_without_a_whole_variant_the_first_stands_and_is_called_so() -> None:
    assert chosen(runs("1", None), runs("2", None)) == "first of 2 by m: learning_rate=1"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *[(1234.5, "1,234"), (999.94, "999.9"), (123.45, "123.5"), (12.345, "12.35")],
        *[(0.1234, "0.123"), (0.0441, "0.044"), (0.00497, "0.00497"), (1.452e-4, "0.000145")],
        *[(6.83e-9, "6.83e-09"), (3e-13, "0.000")],
    ],
)
def test_numbers_have_about_four_digits(value: float, text: str) -> None:
    assert number(value) == text
    assert signed(-value, decimals(value)) == f"−{text}"
