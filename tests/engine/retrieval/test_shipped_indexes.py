"""The figures of indexes that ship: whole, of the shipped world, and read at the door."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from engine.design import Design
from engine.generators import GENERATORS
from engine.index import INDEXES
from engine.retrieval import load_index_sizes, load_indexes, shipped
from engine.retrieval.shipped import index_points
from engine.retrieval.sizes import SIZES, TARGET, crossings


def test_the_grid_holds_sixty_or_more_points_of_each_generator_with_vectors() -> None:
    frame = load_indexes()
    with_vectors = [name for name, kind in GENERATORS.items() if kind.has_vectors]
    assert frame["generator"].unique().tolist() == with_vectors
    for _, rows in frame.groupby("generator"):
        assert len(rows) >= 60
        assert set(rows["index"]) == set(INDEXES)
        assert (rows["k"] == Design().candidates).all()
        points = index_points(rows)
        assert all(point.recall.low <= point.recall.value <= point.recall.high for point in points)
        exact = next(point for point in points if point.config.name == "exact")
        assert exact.recall.value == 1.0
        assert all(point.requests >= 1_000 and point.p99.value > 0 for point in points)


def test_the_sizes_hold_each_type_at_each_size_and_where_it_pays() -> None:
    whole = load_index_sizes()
    assert set(whole["generator"]) == set(load_indexes()["generator"])
    for _, frame in whole.groupby("generator"):
        assert len(frame) == len(SIZES) * len(INDEXES)
        assert set(zip(frame["n"], frame["index"], strict=True)) == {
            (n, name) for n in SIZES for name in INDEXES
        }
        assert (frame.loc[frame["reached"], "recall"] >= TARGET).all()
        assert [crossing.index for crossing in crossings(frame)] == list(INDEXES)[1:]


@pytest.mark.parametrize("load", [load_indexes, load_index_sizes])
def test_every_row_names_machine_versions_and_day(load: Callable[[], pd.DataFrame]) -> None:
    frame = load()
    assert frame["machine"].str.contains("thread").all()
    assert frame["versions"].str.contains("faiss-cpu=").all()
    assert frame["measured_on"].str.fullmatch(r"\d{4}-\d\d-\d\d").all()
    assert frame["held_up"].between(0, 1).all()


@pytest.mark.parametrize(
    ("load", "name"),
    [(load_indexes, "INDEX_FIGURES"), (load_index_sizes, "SIZE_FIGURES")],
)
@pytest.mark.parametrize("content", [None, ""])
def test_a_missing_or_empty_file_is_named_with_the_remedy(
    load: Callable[[], pd.DataFrame],
    name: str,
    content: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "figures.csv"
    if content is not None:
        path.write_text(content)
    monkeypatch.setattr(shipped, name, path)
    with pytest.raises(ValueError, match=r"^figures\.csv: .*; make it again with `make retrieval`"):
        load()
