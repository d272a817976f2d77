"""What is sent to the browser, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from engine.index import HNSW
from engine.index.contract import Vectors
from engine.search_walk import HNSWWalk, IVFWalk, Projection, project, walk_hnsw
from tests.ui.search_walk.reader import by_step, read
from ui.search_walk import film, payload, words
from ui.search_walk.words import Walk

KINDS = ["hnsw", "ivfpq", "exact"]


@pytest.mark.parametrize("kind", KINDS)
def test_steps_lead_from_nothing_to_the_best_kept(
    walks: dict[str, Walk], projection: Projection, kind: str
) -> None:
    walk = walks[kind]
    header, arrays = read(payload(walk, projection, "k", "t"))
    kept: set[int] = set()
    steps = zip(by_step(arrays, "entered"), by_step(arrays, "evicted"), strict=True)
    for step, (entered, evicted) in enumerate(steps):
        assert set(evicted) <= kept
        assert not set(entered) & kept
        kept = (kept - set(evicted)) | set(entered)
        table = {column["key"]: column["values"] for column in header["table"]}
        if table["what"][step] not in ("refine", "answer", "centroids", "start"):
            assert len(kept) == table["kept"][step]
    assert set(walk.ids.tolist()) <= kept
    touched = [item for items in by_step(arrays, "touched") for item in items]
    assert set(touched) == set(walk.touched.tolist())
    assert arrays["answer"].tolist() == walk.ids.tolist()
    assert arrays["missed"].tolist() == walk.missed.tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_and_a_row_of_the_table_for_every_step(
    walks: dict[str, Walk], projection: Projection, kind: str
) -> None:
    walk = walks[kind]
    header, arrays = read(payload(walk, projection, "k", "t"))
    columns = {column["key"]: column["values"] for column in header["table"]}
    steps = len(header["texts"])
    assert {len(values) for values in columns.values()} == {steps} == {len(arrays["node"])}
    assert columns["step"] == list(range(steps))
    assert header["texts"][0] == words.start(walk)
    assert header["texts"][-1] == words.end(walk)
    assert columns["computed"][-1] == walk.computed
    if isinstance(walk, HNSWWalk):
        assert header["texts"][1:-1] == [words.hop(walk, i) for i in range(len(walk.hops))]
        assert columns["computed"][1:-1] == [hop.computed for hop in walk.hops]
        assert by_step(arrays, "expanded")[1:-1] == [[hop.node] for hop in walk.hops]
    if isinstance(walk, IVFWalk):
        assert columns["scanned"][-1] == walk.scanned
        assert header["texts"][-2] == words.refinement(walk)
        assert arrays["cell_order"][: walk.nprobe].tolist() == [p.cell for p in walk.probes]
        assert sorted(arrays["cell_order"].tolist()) == list(range(walk.nlist))


def test_each_neighbour_is_sent_with_the_item_whose_link_led_to_it(
    walks: dict[str, Walk], projection: Projection
) -> None:
    walk = walks["hnsw"]
    assert isinstance(walk, HNSWWalk)
    _, arrays = read(payload(walk, projection, "k", "t"))
    pairs = zip(arrays["parents"].tolist(), arrays["touched"][1:].tolist(), strict=True)
    expected = [(hop.node, item) for hop in walk.hops for item in hop.looked[hop.new].tolist()]
    assert list(pairs) == expected


def test_items_lie_where_the_projection_has_them_and_are_ranked_by_distance(
    walks: dict[str, Walk], projection: Projection
) -> None:
    header, arrays = read(payload(walks["hnsw"], projection, "k", "t"))
    positions = projection.positions
    low, spans = positions.min(axis=0), np.array(header["spans"])
    again = low + arrays["places"].reshape(-1, 2) / 65_535 * spans
    np.testing.assert_allclose(again, positions, atol=1e-4)
    place = low + np.array(header["query"]) * spans
    np.testing.assert_allclose(place, projection.place(walks["hnsw"].query), atol=1e-4)
    by_rank = np.argsort(arrays["ranks"])
    assert (np.diff(walks["hnsw"].distances[by_rank]) >= 0).all()
    assert header["share"] == round(projection.share, 4)


def test_a_name_is_sent_for_those_who_are_spoken_of_only(
    walks: dict[str, Walk], projection: Projection
) -> None:
    walk = walks["hnsw"]
    assert isinstance(walk, HNSWWalk)
    names = [f"Title {item}" for item in range(walk.n)]
    header, _ = read(payload(walk, projection, "k", "t", names=names))
    assert header["names"][str(walk.ids[0])] == f"Title {walk.ids[0]}"
    assert len(header["names"]) < walk.n / 10
    assert f"“Title {walk.entry}”" in header["texts"][0]
    assert read(payload(walk, projection, "k", "t"))[0]["names"] == {}


def test_a_long_walk_is_told_in_groups_that_leave_nobody_out(
    walks: dict[str, Walk], projection: Projection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(film, "MOST_FRAMES", 7)
    walk = walks["hnsw"]
    assert isinstance(walk, HNSWWalk)
    header, arrays = read(payload(walk, projection, "k", "t"))
    ground = [hop for hop in walk.hops if hop.layer == 0]
    assert len(header["texts"]) <= 7 + len(walk.hops) - len(ground) + 2
    expanded = [item for items in by_step(arrays, "expanded") for item in items]
    assert expanded == [hop.node for hop in walk.hops]
    assert "Layer 0, steps" in header["texts"][-2]
    assert {item for items in by_step(arrays, "touched") for item in items} == set(
        walk.touched.tolist()
    )


def test_twenty_thousand_items_at_the_widest_search_stay_below_a_megabyte() -> None:
    vectors = np.random.default_rng(5).normal(size=(20_000, 6)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = HNSW(M=8, ef_construction=10, ef_search=20_000).build(vectors, seed=1)
    walk = walk_hnsw(index, vectors[0], 300)
    assert len(walk.hops) > 15_000
    names = ["A title as long as they are"] * 20_000
    sent = payload(walk, project(vectors), "k", "t", names=names)
    assert len(read(sent)[0]["texts"]) <= film.MOST_FRAMES + 30
    assert len(sent) < 1_000_000


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"key": " "}, "key"),
        ({"title": ""}, "title"),
        ({"height": 100}, "height"),
        ({"filename": "a b"}, "filename"),
        ({"names": ["one"]}, "names"),
    ],
)
def test_what_cannot_be_shown_is_named(
    walks: dict[str, Walk], projection: Projection, changes: dict[str, Any], named: str
) -> None:
    given: dict[str, Any] = {"key": "k", "title": "t"}
    with pytest.raises(ValueError, match=named):
        payload(walks["exact"], projection, **(given | changes))


def test_a_projection_of_other_vectors_is_refused(walks: dict[str, Walk], vectors: Vectors) -> None:
    with pytest.raises(ValueError, match="projection"):
        payload(walks["exact"], project(vectors[:50]), "k", "t")


def test_one_item_and_one_dimension_can_be_shown() -> None:
    vectors = np.ones((1, 1), np.float32)
    walk = walk_hnsw(HNSW(M=4).build(vectors, seed=0), vectors[0], 3)
    header, arrays = read(payload(walk, project(vectors), "k", "t"))
    assert header["k"] == 1
    assert arrays["places"].tolist() == [0, 0]


def page() -> None:
    import numpy as np

    from engine.index import Exact
    from engine.search_walk import project, walk_through
    from ui.search_walk import search_walk

    vectors = np.random.default_rng(1).normal(size=(60, 4)).astype(np.float32)
    walk = walk_through(Exact().build(vectors, seed=0), vectors[0], 5)
    search_walk(walk, project(vectors), key="walk", title="A search", caption="made vectors")


def test_the_component_is_mounted_with_what_was_made() -> None:
    at = AppTest.from_function(page).run()
    assert not at.exception
    (proto,) = (element.proto for element in at.get("bidi_component"))
    assert proto.component_name == "search_walk"
    header = json.loads(proto.bytes.split(b"\n", 1)[0])
    assert (header["title"], header["kind"], header["n"]) == ("A search", "exact", 60)
