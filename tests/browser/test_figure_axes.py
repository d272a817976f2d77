"""Axes of a live figure in a real browser: what stands still while a slider moves what is drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.driver import wait_at_rest

pytestmark = pytest.mark.browser
APP = Path(__file__).parent / "apps" / "figures_app.py"
CHARTS = 4
# Where the plot lies, with a label at the axis' very end and without.
PLACES = """async () => {
    const { plot } = window.__liveFigures.get('losses');
    const places = [];
    for (const end of [1, 1.0635, 1.1]) {
        await Plotly.relayout(plot, { 'yaxis.range': [0.6, end] });
        const { t, b, h } = plot._fullLayout._size;
        places.push([t, b, h]);
    }
    return places;
}"""
# The range drawn in a preview that wants another one.
HELD = """async wanted => {
    const live = window.__liveFigures.get('losses');
    const json = live.figure;
    const settled = [...live.plot._fullLayout.yaxis.range];
    const patch = figure => { figure.layout.yaxis.range = wanted; };
    await live.show({ name: String(wanted), json, caption: '', patch });
    const drawn = [...live.plot._fullLayout.yaxis.range];
    await live.show(null);
    return [settled, drawn, [...live.plot._fullLayout.yaxis.range]];
}"""


@pytest.fixture
def demo(page: Page, serve: Callable[..., str]) -> Page:
    page.goto(serve(APP))
    wait_at_rest(page, charts=CHARTS)
    return page


def test_a_label_at_an_axis_very_end_moves_no_chart(demo: Page) -> None:
    first, *others = demo.evaluate(PLACES)
    assert others == [first] * 2


@pytest.mark.parametrize(
    ("wanted", "is_held"),
    [
        ([0.61, 1.0], True),  # within what is drawn, which is less than twice as much
        ([0.6, 0.7], False),  # within it, but lost in it
        ([0.5, 1.05], False),  # beyond it
        ([0.6, 1.2], False),
    ],
)
def test_in_a_preview_an_axis_stays_while_it_holds_what_is_shown(
    demo: Page, wanted: list[float], is_held: bool
) -> None:
    settled, drawn, after = demo.evaluate(HELD, wanted)
    assert drawn == (settled if is_held else pytest.approx(wanted))
    assert after == settled
