"""Grids for re-ranking: judged once, in order, and only while somebody waits for them."""

from __future__ import annotations

import time
from typing import Any, cast

import pytest

from engine.design import Design
from engine.rerankers import Rules
from ui import reranking_previews
from ui.calm import Calm
from ui.prepared import Prepared
from ui.reranking_previews import RerankingPreviews

DESIGN = Design(rerank=Rules())
OTHERS = [Design(rerank=Rules(diversity=share)) for share in (0.0, 0.5, 1.0)]


class Family:
    """What is asked of a prepared family, with designs for grids."""

    evaluator = None

    def __init__(self) -> None:
        self.kept: list[Any] = []
        self.reranked = self

    def system_of(self, design: Design) -> Design:
        return design

    def quality_of(self, design: Design) -> Design | None:
        return design if design in self.kept else None

    def spans_knob(self, design: Design) -> bool:
        return ("whole", design) in self.kept

    def keep(self, _: object, grid: Any) -> None:
        self.kept.append(grid)


@pytest.fixture
def family(monkeypatch: pytest.MonkeyPatch) -> Family:
    def whole(_: object, design: Design, breathe: Any) -> tuple[str, Design]:
        for _ in range(3):
            breathe()
        return "whole", design

    monkeypatch.setattr(reranking_previews, "_CALM_S", 0.2)
    monkeypatch.setattr(reranking_previews, "_STILL_WANTED_S", 0.5)
    monkeypatch.setattr(reranking_previews, "quality_curve", lambda _, design: design)
    monkeypatch.setattr(reranking_previews.QualityGrid, "of_one", lambda design: design)
    monkeypatch.setattr(reranking_previews, "quality_grid", whole)
    return Family()


def ask(previews: RerankingPreviews, family: Family, design: Design = DESIGN) -> bool:
    return previews.known(cast(Prepared, family), design, OTHERS)


def wait_until(previews: RerankingPreviews, family: Family) -> bool:
    end = time.monotonic() + 5
    while time.monotonic() < end:
        if ask(previews, family):
            return True
        time.sleep(0.02)
    return False


def test_the_others_come_first_and_in_their_order_and_each_is_judged_once(family: Family) -> None:
    previews = RerankingPreviews(Calm())
    assert wait_until(previews, family)
    assert family.kept == [*OTHERS, ("whole", DESIGN)]


def test_nothing_is_judged_while_a_viewer_is_served(family: Family) -> None:
    previews = RerankingPreviews(calm := Calm())
    ask(previews, family)
    for _ in range(8):
        calm.disturb()
        time.sleep(0.05)
        assert len(family.kept) <= 1
    assert wait_until(previews, family)


def test_what_nobody_waits_for_any_more_ends_and_is_begun_anew_when_asked_for(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reranking_previews, "_STILL_WANTED_S", 0.0)
    previews = RerankingPreviews(Calm())
    assert not ask(previews, family)
    time.sleep(0.5)
    assert ("whole", DESIGN) not in family.kept
    monkeypatch.setattr(reranking_previews, "_STILL_WANTED_S", 0.5)
    assert wait_until(previews, family)
