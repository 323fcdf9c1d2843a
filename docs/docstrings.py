"""Converts docstrings to Markdown, as an extension of Griffe (mkdocstrings).

In the source, each field or argument has its own line, `name: what it is`. As Markdown these lines
would form one paragraph, `<` would start a tag, and `*` would start emphasis.
"""

import re
from typing import Any

import griffe

FIELD = re.compile(r"^(\w+(?:, \w+)*): (?=\S)", re.MULTILINE)
SECTIONS = {"Raises", "Returns", "Yields"}  # which mkdocstrings knows


def as_markdown(text: str) -> str:
    """A docstring as Markdown: fields as a list, examples as code blocks, `<` and `*` escaped.

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
    """Text with `<` and `*` escaped, except in code."""
    parts = re.split(r"(`[^`]*`)", line)
    return "".join(
        part
        if part.startswith("`")
        else re.sub(r"(?<!\*)\*(?!\*)", r"\\*", part.replace("<", "&lt;"))
        for part in parts
    )


class Fields(griffe.Extension):
    """Converts every docstring."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Called by Griffe for every module, class, function and attribute."""
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)
