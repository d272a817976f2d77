"""Figures of a section in HTML."""

from __future__ import annotations

import re

from ui.facts import Fact, html


def test_each_figure_stands_with_its_note_and_its_meaning_on_hover() -> None:
    block = html([Fact("Machines", "3", "modelled", "cores / 16"), Fact("True rank", "14", "")])
    assert re.findall(r"<dt>([^<]*)</dt>", block) == ["Machines", "True rank"]
    assert 'title="cores / 16"' in block
    assert '<dd class="sl-fact-value">3</dd><dd class="sl-fact-note">modelled</dd>' in block


def test_no_text_becomes_markup() -> None:
    nasty = '"><img src=x>'
    assert "<img" not in html([Fact(nasty, nasty, nasty, nasty)])
