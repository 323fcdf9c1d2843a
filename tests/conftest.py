"""How `pytest -n` distributes the test files among its workers."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the workflow's files first, so that the longest one does not run alone at the end."""
    items.sort(key=lambda item: item.path.parent.name != "workflow")
