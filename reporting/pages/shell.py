"""The shell of every page that we write: one file, nothing loaded from elsewhere."""

from html import escape

STYLE = """
:root { color-scheme: light dark;
  --paper: #ffffff; --ink: #1d2129; --soft: #5d6675; --line: #d9dde4; --band: #f5f7fa;
  --accent: #0b62a8; --warn: #9a4b00; --warn-band: #fff4e5; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #14171c; --ink: #e6e9ee; --soft: #9aa4b2; --line: #333a45; --band: #1c2129;
  --accent: #7db8ee; --warn: #f0b067; --warn-band: #33260f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1.2rem 5rem; max-width: 96rem; background: var(--paper);
  color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .4rem; letter-spacing: -.01em; }
h2 { font-size: 1.25rem; margin: 3rem 0 .6rem; padding-top: .8rem;
  border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.8rem 0 .4rem; }
p, li { max-width: 48rem; } .soft, .legend { color: var(--soft); } .legend { font-size: .85rem; }
a { color: var(--accent); }
nav { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; margin: .8rem 0; }
.verdict { padding-left: 1.2rem; } .verdict li { margin: .25rem 0; }
summary { cursor: pointer; color: var(--accent); }
.scroll { overflow-x: auto; margin: 1rem 0; border: 1px solid var(--line); border-radius: 8px; }
.scroll:focus-visible { outline: 2px solid var(--accent); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .45rem .5rem; font-size: .88rem; text-align: right;
  white-space: nowrap; vertical-align: top; }
thead th { font-size: .85rem; color: var(--soft); font-weight: 600; background: var(--band);
  border-bottom: 1px solid var(--line); }
tbody th { font-weight: 600; text-align: left; } td.left, th.left { text-align: left; }
td.metric { white-space: normal; min-width: 7rem; }
tbody tr { border-top: 1px solid var(--line); }
tbody tr.same { border-top: 1px dotted var(--line); }
td .std, td .note, td .paper { color: var(--soft); font-size: .75rem; }
td .paper, td .note { display: block; line-height: 1.4; }
td .note { white-space: normal; }
td.best .mean { font-weight: 700; color: var(--accent); } td.absent .mean { color: var(--soft); }
td.bad .mean, .suspect { color: var(--warn); }
.suspect { background: var(--warn-band); border-radius: 3px; padding: 0 .2em; cursor: help; }
td.control { background: var(--band); }
thead th.control { font-style: italic; white-space: normal; }
td.wrap { white-space: normal; text-align: left; min-width: 18rem; max-width: 40rem;
  font-size: .85rem; overflow-wrap: break-word; }
figure { margin: 1.2rem 0 2rem; }
figcaption { color: var(--soft); font-size: .85rem; max-width: 48rem; }
img { max-width: min(100%, 64rem); height: auto; border-radius: 8px; background: #fff; }
code { font-size: .85em; }
@media (max-width: 48rem) {
  body { padding: 1.2rem .8rem 3rem; }
  h1, h2 { overflow-wrap: break-word; }
  .scroll::before { content: "more columns to the right →"; position: sticky; left: 0;
    display: inline-block; padding: .2rem .5rem; font-size: .75rem; color: var(--soft); } }
@media print { body { max-width: none; padding: 0; } .scroll { border: 0; } }
"""


def page(title: str, body: str) -> str:
    """A whole HTML document."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def scrolled(rows: str, label: str) -> str:
    """A table that scrolls sideways, by keys too; `label` names it to those who listen."""
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(label)}">'
        f"<table>\n{rows}\n</table></div>"
    )


def grid(head: list[str], lines: list[list[str]], wrap: tuple[int, ...] = ()) -> str:
    """A plain table of text; the columns in `wrap` may break their lines."""

    def cell(position: int, text: str) -> str:
        kind = "wrap" if position in wrap else "left"
        return f'<td class="{kind}">{escape(text)}</td>'

    top = "".join(f'<th class="left">{escape(text)}</th>' for text in head)
    body = "\n".join(
        "<tr>" + "".join(cell(i, text) for i, text in enumerate(line)) + "</tr>" for line in lines
    )
    return scrolled(
        f"<thead><tr>{top}</tr></thead>\n<tbody>\n{body}\n</tbody>", ", ".join(head[:2])
    )
