"""What the compare page shows in an `AppTest` run, as plain values."""

from __future__ import annotations

import re
import time
from html import unescape

from streamlit.testing.v1 import AppTest

from tests.ui.two_stage_reader import blocks

PATIENCE_S = 90.0
_TABLE = re.compile(r'<div class="sl-table sl-compare"[^>]*aria-label="([^"]*)">(.*?)</table>')
_ROW = re.compile(r'<th scope="row"[^>]*>(.*?)</th>(.*?)</tr>')
_CELL = re.compile(r"<td( class=\"sl-not-as-a\")?>(.*?)</td>")
_MARK = '<span class="sl-mark" title="differs from A">≠</span>'


def at_rest(at: AppTest, timed: bool = False) -> AppTest:
    """The page once all its designs are judged; or, where asked for, timed in turn as well."""
    deadline = time.monotonic() + PATIENCE_S
    while any(" …" in block for block in sources(at)) or (timed and _timing(at)):
        assert time.monotonic() < deadline, sources(at)
        time.sleep(0.2)
        at.run()
        assert not at.exception
    return at


def _timing(at: AppTest) -> bool:
    return any(caption.value.endswith("in turn …") for caption in at.caption)


def sources(at: AppTest) -> list[str]:
    return [block for block in blocks(at) if '<ul class="sl-pins"' in block]


def tables(at: AppTest) -> dict[str, dict[str, list[str]]]:
    """Label of a table -> label of a row -> texts of its cells."""
    return {
        unescape(label): {
            _plain(head.split("<span")[0]): [_plain(inside) for _, inside in _CELL.findall(cells)]
            for head, cells in _ROW.findall(body)
        }
        for block in blocks(at)
        for label, body in _TABLE.findall(block)
    }


def marked(at: AppTest, label: str = "Choices") -> dict[str, list[bool]]:
    """Row of a table of choices -> which of its cells are marked as not A's."""
    (body,) = [
        body for block in blocks(at) for name, body in _TABLE.findall(block) if name == label
    ]
    return {
        _plain(head.split("<span")[0]): [_MARK in inside for _, inside in _CELL.findall(cells)]
        for head, cells in _ROW.findall(body)
    }


def difference(cell: str) -> tuple[float, float, str] | None:
    """Value, half-width and word of what a cell says of a design's difference to A."""
    found = re.search(r"\| +([+-]?[\d.]+) ± ([\d.]+)[^,]*, (.*)$", cell.replace("−", "-"))
    return None if found is None else (float(found[1]), float(found[2]), found[3])


def _plain(inside: str) -> str:
    """The text, with a bar before what stands under it."""
    return unescape(
        re.sub(r"<[^>]*>", " ", inside.replace('<span class="sl-verdict', "| <"))
    ).strip()
