"""The choice of vectors: checked at the door, short in a link, repaired where it is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.query import QueryReader
from engine.retrieval import KINDS, VectorData

CHOICES = st.builds(
    VectorData,
    kind=st.sampled_from(list(KINDS)),
    normalised=st.booleans(),
    shifted=st.booleans(),
    n=st.integers(1_000, 100_000),
    d=st.integers(2, 256),
    seed=st.integers(0, 2**31 - 1),
)


def read(**query: str) -> tuple[VectorData, list[str]]:
    reader = QueryReader({f"vectors.{name}": text for name, text in query.items()})
    data = VectorData.read(reader)
    reader.leave_out_the_rest()
    return data, reader.repairs


@given(CHOICES)
def test_a_choice_survives_its_link_and_only_what_differs_stands_there(data: VectorData) -> None:
    query = data.to_query()
    reader = QueryReader(query)
    assert VectorData.read(reader) == data
    assert reader.repairs == []
    usual = VectorData()
    differs = {name for name in VectorData.__slots__ if getattr(data, name) != getattr(usual, name)}
    assert set(query) == {f"vectors.{name}" for name in differs}


def test_the_default_needs_no_word() -> None:
    assert VectorData().to_query() == {}
    assert read() == (VectorData(), [])


@pytest.mark.parametrize(
    ("query", "value", "told"),
    [
        ({"kind": "sphere"}, VectorData(), "vectors.kind=sphere is not known here"),
        ({"n": "999999"}, VectorData(n=100_000), "vectors.n=999999 must be a whole number"),
        ({"d": "1"}, VectorData(d=2), "vectors.d=1 must be"),
        ({"normalised": "yes"}, VectorData(), "vectors.normalised=yes is not known"),
        ({"length": "3"}, VectorData(), "vectors.length means nothing here"),
    ],
)
def test_what_is_wrong_is_repaired_in_one_line(
    query: dict[str, str], value: VectorData, told: str
) -> None:
    data, lines = read(**query)
    assert data == value
    (line,) = lines
    assert told in line


@pytest.mark.parametrize(
    ("knobs", "named"),
    [
        ({"kind": "sphere"}, "kind='sphere'"),
        ({"normalised": 1}, "normalised=1"),
        ({"n": 10}, "n=10"),
        ({"d": 2.5}, r"d=2\.5"),
        ({"seed": -1}, "seed=-1"),
    ],
)
def test_a_bad_choice_is_named(knobs: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named}: must be"):
        VectorData(**knobs)


def test_what_has_no_effect_makes_no_other_vectors() -> None:
    of_catalogue = VectorData(normalised=True, shifted=True, n=2_000, d=3, seed=5)
    assert of_catalogue.effective == VectorData(normalised=True)
    drawn = VectorData(kind="isotropic", n=2_000, d=3, seed=5)
    assert drawn.effective == drawn
