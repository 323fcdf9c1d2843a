"""How `pytest -n` shares the test files among its workers."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The files of the workflow first: the longest must not be alone at the end."""
    items.sort(key=lambda item: item.path.parent.name != "workflow")
