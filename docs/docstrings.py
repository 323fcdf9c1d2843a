"""How docstrings of this repository become Markdown, as an extension of Griffe (mkdocstrings).

They are written to be read in the source, where a field or an argument stands in a line of its own:
`name: what it is`. As Markdown these lines would run together, `<` would begin a tag, and a sign of
multiplication emphasis.
"""

import re
from typing import Any

import griffe

FIELD = re.compile(r"^(\w+(?:, \w+)*): (?=\S)", re.MULTILINE)
SECTIONS = {"Raises", "Returns", "Yields"}  # which mkdocstrings knows


def as_markdown(text: str) -> str:
    """A docstring with its fields as a list, its examples fenced, and `<` and `*` as they are.

    >>> print(as_markdown("A window.\\n\\nsize: of its side,\\n    a <b> * c.\\nk: a constant."))
    A window.
    <BLANKLINE>
    - `size`: of its side,
        a &lt;b> \\* c.
    - `k`: a constant.
    """
    paragraphs = re.split(r"\n(?:[ ]*\n)+", text)
    return "\n\n".join(
        [escaped(paragraphs[0]), *(_paragraph(paragraph) for paragraph in paragraphs[1:])]
    )


def _paragraph(text: str) -> str:
    if text.startswith(">>>"):
        return f"```pycon\n{text}\n```"
    if text.startswith("    "):
        return text
    found = FIELD.match(text)
    if not found or found[1] in SECTIONS:
        return escaped(text)
    return FIELD.sub(_item, escaped(text))


def _item(match: re.Match[str]) -> str:
    names = ", ".join(f"`{name}`" for name in match[1].split(", "))
    return f"- {names}: "


def escaped(line: str) -> str:
    """Text with `<` and `*` as they are, outside of code."""
    parts = re.split(r"(`[^`]*`)", line)
    return "".join(
        part
        if part.startswith("`")
        else re.sub(r"(?<!\*)\*(?!\*)", r"\\*", part.replace("<", "&lt;"))
        for part in parts
    )


class Fields(griffe.Extension):
    """Rewrites every docstring as it is read."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Called by Griffe for every module, class, function and attribute."""
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)
