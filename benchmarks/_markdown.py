"""Tables as Markdown, for all benchmarks."""

from collections.abc import Iterable


def line(*cells: object) -> str:
    """One line of a table."""
    return f"| {' | '.join(map(str, cells))} |"


def head(*titles: object, numbers: bool = False) -> str:
    """The two lines above a table. numbers: align all columns but the first to the right."""
    others = "---:" if numbers else "---"
    return f"{line(*titles)}\n{line('---', *[others] * (len(titles) - 1))}"


def table(titles: Iterable[str], lines: Iterable[Iterable[object]]) -> str:
    """A whole table."""
    return "\n".join([head(*titles), *(line(*cells) for cells in lines)])
