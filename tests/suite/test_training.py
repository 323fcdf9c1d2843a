"""What a training writes down."""

import csv
import io

from suite.training import history_text


def test_history_has_plain_line_ends_and_exact_numbers() -> None:
    history = [{"iteration": 1.0, "seconds": 0.1}, {"iteration": 2.0, "seconds": 1 / 3}]
    text = history_text(history)
    assert "\r" not in text and text.count("\n") == 3
    read = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(io.StringIO(text))]
    assert read == history
