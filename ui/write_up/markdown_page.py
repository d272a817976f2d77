"""A document as GitHub's Markdown, with its pictures and data as files beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import groupby
from urllib.parse import quote

from ui.write_up.html_page import FIRST_OF, LINK
from ui.write_up.inline import Block, Run, blocks, plain
from ui.write_up.parts import Chart, Document, Figures, Part, Table, Words

MOST_ROWS = 30
"""Rows of a chart's table that are told; the file of its data has all of what is drawn."""

_MEANING = re.compile(r"[\\`*_\[\]<>&|~$]")
_AT_THE_START = re.compile(r"^(?:[-+#=]|\d+(?=[.)](?:\s|$)))")
_VOICES = {"strong": "**", "em": "*", "plain": ""}


def as_markdown(
    document: Document, names: Mapping[str, str], data: Mapping[str, str] | None = None
) -> str:
    """The whole text.

    Parameters
    ----------
    names : key of a chart -> the file of its picture, as it is reached from the text's own place.
    data : the same for the file of its points.
    """
    head = [f"# {_within(document.title)}", escaped(document.provenance.design)]
    parts = [_part(part, names, data or {}) for part in document.parts]
    return "\n\n".join([*head, *parts, _foot(document)]) + "\n"


def escaped(text: str) -> str:
    """A text that means nothing but itself, in one line."""
    return _begun(_within(text))


def _within(text: str) -> str:
    """As `escaped`, for what does not begin a line."""
    line = _MEANING.sub(r"\\\g<0>", " ".join(text.split()))
    return line.replace("://", ":\\//").replace("www.", "www\\.")  # no address becomes a link


def _begun(line: str) -> str:
    """A line that begins no list and no heading."""
    return _AT_THE_START.sub(lambda m: f"{m[0]}\\" if m[0][0].isdigit() else f"\\{m[0]}", line)


def _part(part: Part, names: Mapping[str, str], data: Mapping[str, str]) -> str:
    if isinstance(part, Words):
        return _words(part)
    if isinstance(part, Figures):
        return _figures(part)
    if isinstance(part, Chart):
        return _chart(part, names, data)
    first, rest = part.cut(*FIRST_OF)
    more = f"\n\n{_folded(f'{len(rest.rows):,} more rows', rest)}" if rest else ""
    return f"**{_within(part.label)}**\n\n{_table(first)}{more}"


def _folded(summary: str, table: Table, more: str = "") -> str:
    """summary : of our own, since it stands in HTML."""
    return f"<details><summary>{summary}</summary>\n\n{_table(table)}{more}\n\n</details>"


def _words(words: Words) -> str:
    if words.role == "heading":
        return f"## {_within(plain(words.text))}"
    return "\n\n".join(
        "\n".join(f"- {_said(block)}" for block in together)
        if is_item
        else "\n\n".join(_said(block) for block in together)
        for is_item, together in groupby(blocks(words.text), lambda block: block.is_item)
    )


def _said(block: Block) -> str:
    return _begun("".join(map(_run, block.runs)).strip())


def _run(run: Run) -> str:
    if run.voice == "code":
        return f"`{run.text}`"  # which cannot hold a backtick
    mark = _VOICES[run.voice]
    text = _within(run.text)
    # Spaces at the ends were left out, and those beside a mark would take its meaning away.
    left = " " if run.text[:1].isspace() else ""
    right = " " if run.text[-1:].isspace() else ""
    return f"{left}{mark}{text}{mark}{right}" if text else " "


def _figures(figures: Figures) -> str:
    heads = ["figure", "value", "interval", "kind", "note", "against A"]
    rows = [[f.name, f.value, f.interval, f.kind, f.note, f.versus] for f in figures.rows]
    used = [i for i in range(len(heads)) if any(row[i] for row in rows)]
    return _table(
        Table("", tuple(heads[i] for i in used), tuple(tuple(row[i] for i in used) for row in rows))
    )


def _chart(chart: Chart, names: Mapping[str, str], data: Mapping[str, str]) -> str:
    told = " · ".join(filter(None, (chart.units.strip(), chart.caption.strip())))
    lines = [f"### {_within(chart.title)}", escaped(chart.alt)]
    if chart.key in names:
        lines[1] = f"![{_within(chart.alt)}](<{_path(names[chart.key])}>)"
    if told:
        lines.append(f"*{_within(told)}*")
    if chart.table is not None and chart.table.rows:
        shown, rest = chart.table.cut(MOST_ROWS, MOST_ROWS)
        more = f"\n\n{len(rest.rows):,} more rows." if rest else ""
        lines.append(_folded("Data", shown, more))
    if chart.key in data:
        lines.append(f"[All points as CSV](<{_path(data[chart.key])}>)")
    return "\n\n".join(lines)


def _table(table: Table) -> str:
    numeric = table.numeric or (False,) * len(table.heads)
    rows = [table.heads, *table.rows]
    lines = [f"| {' | '.join(_within(cell) or ' ' for cell in row)} |" for row in rows]
    lines.insert(1, f"| {' | '.join('--:' if side else '---' for side in numeric)} |")
    return "\n".join(lines)


def _path(name: str) -> str:
    return quote(name, safe="/.-_")


def _foot(document: Document) -> str:
    lines = [f"- {_within(label)}: {_within(text)}" for label, text in document.provenance.lines]
    link = document.link
    shown = f"<{link}>" if LINK.fullmatch(link) else _within(link)
    return "\n".join(["---", "", *lines, f"- Shows it again: {shown}"])
