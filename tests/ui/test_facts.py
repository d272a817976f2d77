"""Figures of a section in HTML."""

from __future__ import annotations

import re

from ui.facts import Fact, html, live_texts


def test_each_figure_stands_with_its_note_and_its_meaning_on_hover() -> None:
    block = html([Fact("Machines", "3", "modelled", "cores / 16"), Fact("True rank", "14", "")])
    assert re.findall(r"<dt>([^<]*)</dt>", block) == ["Machines", "True rank"]
    assert 'title="cores / 16"' in block
    cells = re.findall(r'<dd class="sl-fact-(\w+)" data-live="Machines\.(\w+)">([^<]*)</dd>', block)
    assert cells == [("value", "value", "3"), ("note", "note", "modelled")]


def test_what_follows_a_slider_has_the_names_that_stand_in_the_block() -> None:
    facts = [Fact("Machines", "3", "modelled"), Fact("True rank", "14", "")]
    names = re.findall(r'data-live="([^"]*)"', html(facts))
    assert live_texts(facts) == dict(zip(names, ["3", "modelled", "14", ""], strict=True))


def test_no_text_becomes_markup() -> None:
    nasty = '"><img src=x>'
    assert "<img" not in html([Fact(nasty, nasty, nasty, nasty)])
