"""Recall against latency in a figure, and the link of a point."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from engine.index import HNSW, INDEXES, IVFPQ, Exact
from tests.ui.retrieval.searches import POINTS, SWEEP, point, view
from ui import theme
from ui.in_between import tracks
from ui.retrieval import logit
from ui.retrieval.following import _denser, scene
from ui.retrieval.tradeoff import (
    compares,
    config_of,
    link_of,
    size_line,
    tradeoff,
    tradeoff_table,
    with_knobs,
)


def dots(name: str, **more: Any) -> Any:
    drawn = tradeoff(POINTS, view(), **more)["data"]
    (found,) = [t for t in drawn if t["name"] == name and t["mode"] == "markers"]
    return found


def test_each_type_has_its_points_and_its_frontier_in_its_own_look() -> None:
    drawn = tradeoff(POINTS, view())["data"]
    lines = [t for t in drawn if t["mode"] == "lines"]
    assert [t["name"] for t in lines] == ["exact", "HNSW", "IVF-Flat", "IVF-PQ"]
    looks = [(t["line"]["color"], t["line"]["dash"]) for t in lines]
    assert len({dash for _, dash in looks}) == len({colour for colour, _ in looks}) == 4
    assert len({theme.CONCEPTS[name].symbol for name in INDEXES}) == 4
    hnsw = lines[1]
    np.testing.assert_allclose(hnsw["x"], [0.1, 0.2])
    np.testing.assert_allclose(hnsw["y"], logit.places([0.92, 0.97]))


def test_beaten_points_are_faint_and_drawn_first() -> None:
    hnsw = dots("HNSW")
    assert hnsw["marker"]["opacity"].tolist() == [0.3, 0.95, 0.95]
    assert "M 8" in hnsw["hovertext"][0]


def test_every_point_tells_all_its_parameters_and_figures() -> None:
    hover = dots("IVF-PQ")["hovertext"][0]
    for told in ("nlist 64, nprobe 16, m 16, nbits 8, refine 0", "0.7000 ± 0.0100", "p95 0.075"):
        assert told in hover
    assert "true top-10 0.400" in hover
    assert "2.00 s · 0.3 MB" in hover


def test_size_tells_memory_or_build_time() -> None:
    memory = dots("exact")["marker"]["size"]
    build = dots("exact", size="build time")["marker"]["size"]
    assert memory[0] == pytest.approx(6 + 6 * np.log10(2.56))
    assert build[0] == pytest.approx(6 + 6 * np.log10(40))
    assert size_line(POINTS, "memory") == "size: memory, 0.3 to 4.0 MB"
    assert size_line(POINTS, "build time") == "size: build time, 2 to 2 s"


def test_a_search_at_another_k_than_the_points_is_a_hollow_mark_that_tells_its_own() -> None:
    apart = view(point(HNSW(), 0.9, 0.1, k=1_000))
    assert compares(view(), POINTS)
    assert not compares(apart, POINTS)
    assert compares(apart, ())
    here = tradeoff(POINTS, view())["data"][-1]
    assert (here["name"], here["x"], here["text"]) == ("you are here", [0.2], ["you are here"])
    assert here["marker"]["symbol"] == "diamond"
    np.testing.assert_allclose(here["y"], logit.places([0.97]))
    hollow = tradeoff(POINTS, apart)["data"][-1]
    assert (hollow["name"], hollow["x"]) == ("you are here", [0.1])
    assert hollow["text"] == ["you are here, k 1,000"]
    assert hollow["marker"]["symbol"] == "diamond-open"
    assert hollow["marker"]["line"]["color"] == theme.INK
    np.testing.assert_allclose(hollow["y"], logit.places([0.9]))


def test_a_pinned_search_at_another_k_tells_it_too() -> None:
    both = replace(view(), pinned=view(point(HNSW(), 0.9, 0.1, k=10)))
    (a,) = [t for t in tradeoff(POINTS, both)["data"] if t["name"] == "A"]
    assert a["text"] == ["A, k 10"]
    assert a["marker"]["symbol"] == "circle-open"


def test_the_mark_follows_the_candidates_and_is_hollow_beside_the_points_k() -> None:
    at = {
        k: scene(view(point(HNSW(), recall, 0.1, k=k)), SWEEP, "memory")
        for k, recall in ((100, 0.95), (101, 0.94), (200, 0.9))
    }
    moving = {
        tuple(path[3:]): (kind, what)
        for path, kind, what in tracks(list(at), list(at.values()))
        if path[:2] == ["figures", "tradeoff"] and path[2] == "data"
    }
    mark = len(tradeoff(POINTS, view())["data"]) - 1
    kind, texts = moving[mark, "text", 0]
    assert kind == "text"
    assert [run["pieces"][0] for run in texts] == ["you are here", "you are here, k "]
    assert moving[mark, "marker", "symbol"][1]["values"] == ["diamond", "diamond-open"]
    assert moving[mark, "y", 0][0] == "line"
    steps = {path for path in moving if path[1] == "marker"}
    assert steps == {(mark, "marker", "symbol"), (mark, "marker", "line", "color")}


def test_the_pinned_search_stands_beside_it() -> None:
    both = replace(view(), pinned=view(POINTS[1]))
    (a,) = [t for t in tradeoff(POINTS, both)["data"] if t["name"] == "A"]
    assert a["x"] == [0.1]


def test_without_points_the_design_stands_alone() -> None:
    drawn = tradeoff((), view())
    assert [t["name"] for t in drawn["data"]] == ["you are here"]
    assert len(go.Figure(drawn).data) == 1
    assert len(go.Figure(tradeoff(POINTS, view())).data) == 9


def test_the_table_holds_every_point_with_its_knobs_and_the_design() -> None:
    table = tradeoff_table(POINTS, view())
    assert len(table) == 7
    assert table["index"].tolist()[-1] == "◆ HNSW"
    assert table["on its frontier"].tolist()[:6] == [True, True, True, False, True, True]
    assert table.loc[5, ["nlist", "nprobe", "m", "nbits", "refine"]].tolist() == [64, 16, 16, 8, 0]


@pytest.mark.parametrize("config", [Exact(), HNSW(M=8, ef_search=50), IVFPQ(refine=0)])
def test_a_points_link_leads_back_to_its_index(config: object) -> None:
    assert config_of(link_of(config)) == config  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("link", "leads_to"),
    [
        ("", Exact()),
        ("index=unheard", Exact()),
        ("index=hnsw&index.M=9999", HNSW(M=96)),
        ("index=hnsw&index.M=x&foo=bar", HNSW()),
    ],
)
def test_a_strangers_link_is_repaired(link: str, leads_to: object) -> None:
    assert config_of(link) == leads_to


def test_an_index_is_told_with_all_its_parameters() -> None:
    assert with_knobs(Exact()) == "exact"
    assert with_knobs(HNSW()) == "HNSW (M 32, ef_construction 200, ef_search 400)"


def test_a_scene_holds_what_follows_a_slider() -> None:
    shown = scene(view(), SWEEP, "memory")
    assert set(shown.figures) == {"tradeoff"}
    assert "One search, p50.value" in shown.texts
    assert shown.plain()["captions"]["tradeoff"].startswith("shipped: six indexes")


def test_a_slider_passes_whole_numbers_between_those_that_were_measured() -> None:
    assert _denser([1, 2, 4, 16]) == (1, 2, 3, 4, 6, 8, 11, 16)
    assert _denser([7]) == (7,)
