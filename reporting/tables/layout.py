"""What Markdown and HTML share: the lines, columns, legend and notes of a table."""

from collections.abc import Mapping, Sequence
from typing import Any

from reporting.tables.cells import Row
from reporting.tables.fill import Filled

VERDICT = "What the numbers support"


def lines_of(rows: Sequence[Row]) -> Mapping[tuple[str, int, str], dict[str, Row]]:
    """The lines of the paper's layout: (dataset, n, metric) -> method -> row."""
    lines: dict[tuple[str, int, str], dict[str, Row]] = {}
    for row in rows:
        lines.setdefault((row.dataset, row.n, row.metric), {})[row.method] = row
    return lines


def columns_of(filled: Filled) -> dict[str, str]:
    """Method -> head of its column, in order: its title, and its number of rows if it had fewer."""
    heads = {}
    for method in dict.fromkeys(row.method for row in filled.rows):
        few = sorted({row.few for row in filled.rows if row.method == method and row.few})
        rows = f" ({' / '.join(f'{count:,}' for count in few)} rows)" if few else ""
        heads[method] = filled.plan.title(method) + rows
    return heads


def introduction(filled: Filled) -> list[str]:
    """The paragraphs above the table. That of the paper is left out if it has no values here."""
    published = any(row.published for row in filled.rows)
    caption = filled.table.caption if published else ""
    return [text for text in (filled.table.description, caption) if text]


def legend(filled: Filled, bold: str, ranks: bool = False) -> str:
    """How to read the table. Only what occurs in it is explained.

    bold: the name of the markup of the best value. ranks: whether the table has ranks.
    """
    rows = filled.rows
    ranked, several = any(row.ranks for row in rows), any(len(row.values) > 1 for row in rows)
    published = [row.published for row in rows if row.published]
    beside = "; then the published value and, in brackets, ours less published" if published else ""
    test = "paired t-tests over the subsets" if several else "Welch's t-tests over the runs"
    scope = "" if several else " It holds for this one subset of the data."
    sentences = {
        f"Each cell: ours, mean ± standard deviation over runs{beside}.": True,
        "The runs have all training seeds on the subsets of all data seeds, so the deviation "
        "contains the spread between subsets and between training seeds.": several,
        f"{bold}: the best beyond doubt, better than each other method by {test} at 5 %. The claim "
        "is about typical runs: of two new runs, the run of the better method is more often the "
        f"better one.{scope}": ranked,
        "? : a published value that is suspect.": any(one.suspect for one in published),
        "– : missing.": any(row.mean is None and row.status == "missing" for row in rows),
        "Columns of real images are controls: the values of copies and of fresh real images, on as "
        "many rows as a run has samples.": any(row.drawn for row in rows),
        "If there are fewer rows, the head has their number and the values have a *: with fewer "
        "rows FID and similar metrics are worse for the same images.": any(row.few for row in rows),
        "Ranks follow from comparisons of all pairs, corrected for their number (Holm).": ranked
        and ranks,
    }
    return " ".join(sentence for sentence, applies in sentences.items() if applies)


def words_of(filled: Filled) -> dict[str, Any]:
    """What stands around a table in HTML: title, introduction, verdict, legend and notes."""
    return {
        "title": filled.table.title,
        "introduction": introduction(filled),
        "verdict": filled.verdict,
        "legend": legend(filled, "Bold and in colour", ranks=True),
        "notes": notes_of(filled),
    }


def notes_of(filled: Filled) -> dict[str, list[str]]:
    """Heading -> lines of the notes below a table."""
    plan = filled.plan

    def place(row: Row) -> str:
        return f"{plan.title(row.dataset)}, n = {row.n}, {plan.title(row.method)}"

    suspects = [
        f"{place(row)}, {plan.title(row.metric)} {row.published.text}: {row.published.suspect}"
        for row in filled.rows
        if row.published and row.published.suspect
    ]
    searched = dict.fromkeys(f"{place(row)}: {row.search}" for row in filled.rows if row.search)
    notes = {
        "Suspect published values": suspects,
        "Searched settings": list(searched),
        "Controls left out": list(filled.left_out),
    }
    return {heading: lines for heading, lines in notes.items() if lines}
