"""Figures with curves inside the page, as SVG whose colours follow the light or dark mode."""

import re
from collections.abc import Sequence
from pathlib import Path

from reporting.figures.style import EDGE, GRID, PALETTE, REAL, SHADE
from suite.running.files import read_text

# Searched like PALETTE, each near the hue of its twin there, to be read on a dark page.
DARK = (
    *("#3377DD", "#DD0011", "#33DD99", "#EE9955", "#DDCCEE"),
    *("#EE99FF", "#99DD00", "#CC3377", "#8844FF"),
)
VARIABLES = {
    "#000000": "var(--ink)",
    "#ffffff": "none",
    REAL: "var(--ink)",
    EDGE: "var(--soft)",
    GRID: "var(--line)",
    SHADE: "var(--soft)",
    **{color.lower(): f"var(--pen-{i})" for i, color in enumerate(PALETTE)},
}


def pens() -> str:
    """CSS variables with the colours of the methods, for light and dark mode."""

    def values(palette: Sequence[str]) -> str:
        return ":root { " + " ".join(f"--pen-{i}: {c};" for i, c in enumerate(palette)) + " }"

    dark = f"@media screen and (prefers-color-scheme: dark) {{ {values(DARK)} }}"
    return f"{values(PALETTE)}\n{dark}"


def variable(color: str) -> str:
    """The CSS variable for a colour of a figure."""
    return VARIABLES[color.lower()]


def chart(path: Path) -> str:
    """The SVG of a figure, ready to be placed in a page.

    Its identifiers get the name of the figure in front, because a page holds several figures. Its
    width becomes the CSS variable --width, which the style of the page limits.
    """
    text = read_text(path)
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{path.stem}-', text)
    text = re.sub(r'(href="|url\()#', rf"\1#{path.stem}-", text)
    text = re.sub(r": (#[0-9a-f]{6})(?=[;\"])", _colored, text)
    head, rest = text.split(">", 1)
    head = re.sub(r' height="[^"]*"', "", head)
    head = re.sub(r' width="([^"]*)"', r' style="--width: \1"', head)
    return f'{head} aria-hidden="true">{rest}'


def _colored(found: re.Match[str]) -> str:
    return f": {VARIABLES.get(found[1], found[1])}"
