"""A document as one HTML file that needs nothing beside it: no script, no network."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Literal

from ui.write_up.inline import Block, Run, blocks, plain
from ui.write_up.parts import Chart, Document, Figures, Part, Table, Words

FIRST_OF = (10, 24)
"""Of a long table of the page so many rows are open, if it has more than so many."""

_VOICES = {"strong": "strong", "em": "em", "code": "code"}
LINK = re.compile(r"https?://[^\s\"'<>\\]*")
# Pictures and styles of the file itself, and nothing that runs or is fetched.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"


def as_html(
    document: Document,
    pictures: Mapping[str, str],
    *,
    theme: Literal["light", "dark"] = "light",
    face: str = "",
) -> str:
    """The whole file.

    Parameters
    ----------
    pictures : key of a chart -> its picture as SVG, which goes in as it is: give none that a
        stranger wrote. A chart without one shows what it would, and its table.
    theme : the one that the pictures were drawn in.
    face : CSS of the font that the pictures are set in, if it is not on every machine.
    """
    title = escape(document.title)
    body = "\n".join(_sections(document.parts, pictures))
    return f"""<!doctype html>
<html lang="en" data-theme="{escape(theme)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<title>{title}</title>
<style>{face}
{_styles()}</style>
</head>
<body>
<main>
<header><h1>{title}</h1>
<p class="design">{escape(document.provenance.design)}</p></header>
{body}
{_foot(document)}
</main>
</body>
</html>
"""


@cache
def _styles() -> str:
    return Path(__file__).with_name("document.css").read_text("utf-8")


def _sections(parts: Iterable[Part], pictures: Mapping[str, str]) -> Iterator[str]:
    """Each part; charts that follow one another share a row where they are narrow."""
    for kind, together in groupby(parts, type):
        if kind is Chart:
            charts = "\n".join(
                _chart(part, pictures) for part in together if isinstance(part, Chart)
            )
            yield f'<div class="charts">\n{charts}\n</div>'
        else:
            yield from (_part(part) for part in together)


def _part(part: Part) -> str:
    if isinstance(part, Words):
        return _words(part)
    if isinstance(part, Figures):
        return _figures(part)
    assert isinstance(part, Table)
    first, rest = part.cut(*FIRST_OF)
    label = f'<p class="label">{escape(part.label)}</p>'
    return "\n".join([label, _table(first), *([_folded(rest)] if rest else [])])


def _folded(rest: Table) -> str:
    return f"<details><summary>{len(rest.rows):,} more rows</summary>\n{_table(rest)}\n</details>"


def _words(words: Words) -> str:
    if words.role == "heading":
        return f"<h2>{escape(plain(words.text))}</h2>"
    note = ' class="note"' if words.role == "note" else ""
    return "\n".join(
        f"<ul{note}>{''.join(f'<li>{_said(block)}</li>' for block in together)}</ul>"
        if is_item
        else "\n".join(f"<p{note}>{_said(block)}</p>" for block in together)
        for is_item, together in groupby(blocks(words.text), lambda block: block.is_item)
    )


def _said(block: Block) -> str:
    return "".join(map(_run, block.runs))


def _run(run: Run) -> str:
    tag = _VOICES.get(run.voice)
    return f"<{tag}>{escape(run.text)}</{tag}>" if tag else escape(run.text)


def _figures(figures: Figures) -> str:
    cells = "".join(
        f"<div><dt>{escape(figure.name)}</dt><dd class='value'>{escape(figure.value)}</dd>"
        + "".join(
            f'<dd class="{part}">{escape(text)}</dd>'
            for part, text in (
                ("kind", " ".join(filter(None, (figure.kind, figure.interval)))),
                ("note", figure.note),
                ("versus", figure.versus),
            )
            if text
        )
        + "</div>"
        for figure in figures.rows
    )
    return f'<dl class="figures">{cells}</dl>'


def _chart(chart: Chart, pictures: Mapping[str, str]) -> str:
    picture = pictures.get(chart.key, "")
    drawn = f'<div class="picture" role="img" aria-label="{escape(chart.alt)}">{picture}</div>'
    if not picture:
        drawn = f'<p class="note">{escape(chart.alt)}</p>'
    units = f" <span>{escape(chart.units)}</span>" if chart.units else ""
    data = ""
    if chart.table is not None:
        is_open = "" if picture else " open"
        data = f"<details{is_open}><summary>Data</summary>\n{_table(chart.table)}\n</details>"
    return (
        f'<figure id="{escape(chart.key)}">\n<h3>{escape(chart.title)}{units}</h3>\n{drawn}\n'
        f"<figcaption>{escape(chart.caption)}</figcaption>\n{data}\n</figure>"
    )


def _table(table: Table) -> str:
    numeric = table.numeric or (False,) * len(table.heads)
    aligned = [' class="number"' if is_number else "" for is_number in numeric]
    head = "".join(
        f'<th scope="col"{side}>{escape(name)}</th>'
        for name, side in zip(table.heads, aligned, strict=True)
    )
    rows = "\n".join(
        "<tr>"
        + "".join(f"<td{side}>{escape(cell)}</td>" for cell, side in zip(row, aligned, strict=True))
        + "</tr>"
        for row in table.rows
    )
    return (
        f'<div class="table"><table aria-label="{escape(table.label)}">'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>"
    )


def _foot(document: Document) -> str:
    lines = "".join(
        f"<dt>{escape(label)}</dt><dd>{escape(text)}</dd>"
        for label, text in document.provenance.lines
    )
    link = escape(document.link)
    shown = f'<a href="{link}">{link}</a>' if LINK.fullmatch(document.link) else link
    return f"<footer><dl>{lines}<dt>Shows it again</dt><dd>{shown}</dd></dl></footer>"
