"""All the choices of a two-stage recommender, as one frozen value."""

from dataclasses import FrozenInstanceError

import pytest

from engine.design import MAX_CANDIDATES, MIN_CANDIDATES, Design
from engine.generators import GENERATORS, MF
from engine.index import HNSW, INDEXES
from engine.rankers import GBDT, RANKERS, Logistic
from engine.rerankers import RERANKERS

FAMILIES = [
    ("generator", GENERATORS),
    ("index", INDEXES),
    ("ranker", RANKERS),
    ("rerank", RERANKERS),
]
NAMES = [(field, name) for field, family in FAMILIES for name in family]


@pytest.mark.parametrize(("field", "name"), NAMES)
def test_name_stands_for_the_defaults_of_its_part(field: str, name: str) -> None:
    family = dict(FAMILIES)[field]
    assert getattr(Design(**{field: name}), field) == family[name]()


def test_equal_designs_are_one_key() -> None:
    assert len({Design(), Design(generator="mf"), Design(ranker=GBDT())}) == 1
    assert Design() != Design(candidates=301)


def test_design_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Design().candidates = 10  # type: ignore[misc]


@pytest.mark.parametrize(
    ("field", "part"),
    [
        ("generator", "als"),
        ("index", "faiss"),
        ("ranker", ""),
        ("ranker", MF()),
        ("generator", HNSW()),
        ("index", None),
        ("ranker", GBDT),
        ("rerank", "mmr"),
        ("rerank", GBDT()),
    ],
)
def test_part_that_is_none_of_its_family_is_named_with_the_choices(
    field: str, part: object
) -> None:
    choices = ", ".join(dict(FAMILIES)[field])
    with pytest.raises(ValueError, match=rf"^{field}=.*must be one of {choices}$"):
        Design(**{field: part})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("candidates", MIN_CANDIDATES - 1),
        ("candidates", MAX_CANDIDATES + 1),
        ("candidates", 50.0),
        ("slate", 9),
        ("slate", 51),
        ("slate", True),
    ],
)
def test_counts_out_of_range_are_named(field: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"^{field}="):
        Design(**{field: value})  # type: ignore[arg-type]


def test_slate_cannot_be_longer_than_the_candidates() -> None:
    assert Design(candidates=20, slate=20).slate == 20
    with pytest.raises(ValueError, match=r"^candidates=19: must be at least the slate's 20$"):
        Design(candidates=19, slate=20)


def test_with_candidates_changes_nothing_else() -> None:
    design = Design(ranker=Logistic(C=2.0), candidates=100)
    assert design.with_candidates(200) == Design(ranker=Logistic(C=2.0), candidates=200)
