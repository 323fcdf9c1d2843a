"""How `pytest -n` shares the tests among its workers."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker takes a file, whose programs are then compiled once, or the whole workflow."""
    for item in items:
        shared = "finished" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("workflow" if shared else item.path.name))
