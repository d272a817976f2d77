"""Who leads is said with its lead, and who is level with it."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from engine.figures import Estimate
from engine.retrieval.leader import leader


def row(name: str, value: float, behind: tuple[float, float, float], group: str = "all") -> dict:
    low, high = value - 0.02, value + 0.02
    distance = dict(
        zip(("ndcg_behind", "ndcg_behind_low", "ndcg_behind_high"), behind, strict=True)
    )
    figures = {"ndcg": value, "ndcg_low": low, "ndcg_high": high}
    return {"generator": name, "group": group, "users": 90} | figures | distance


FRAME = pd.DataFrame(
    [
        row("popularity", 0.40, (0.25, 0.22, 0.28)),
        row("mf", 0.65, (0.0, 0.0, 0.0)),
        row("ease", 0.64, (0.01, -0.005, 0.025)),
        row("popularity", 0.50, (0.0, 0.0, 0.0), "cold"),
        row("mf", 0.45, (0.05, 0.01, 0.09), "cold"),
    ]
)


def test_the_best_leads_and_who_is_within_the_noise_is_level() -> None:
    found = leader(FRAME, "ndcg")
    assert found is not None
    assert (found.name, found.ahead_of) == ("mf", "ease")
    assert found.value == Estimate(0.65, 0.63, 0.67, 90)
    assert found.lead == Estimate(0.01, -0.005, 0.025, 90)
    assert found.level == ("ease",)
    assert not found.clear


def test_each_group_has_a_leader_of_its_own() -> None:
    found = leader(FRAME, "ndcg", "cold")
    assert found is not None
    assert (found.name, found.ahead_of, found.level) == ("popularity", "mf", ())
    assert found.clear


def test_second_may_be_behind_while_a_noisier_third_is_level() -> None:
    frame = pd.DataFrame(
        [
            row("mf", 0.65, (0.0, 0.0, 0.0)),
            row("ease", 0.63, (0.02, 0.01, 0.03)),
            row("popularity", 0.60, (0.05, -0.01, 0.11)),
        ]
    )
    found = leader(frame, "ndcg")
    assert found is not None
    assert (found.ahead_of, found.level, found.clear) == ("ease", ("popularity",), False)


def test_nobody_leads_where_nobody_was_judged() -> None:
    assert leader(FRAME, "ndcg", "warm") is None
    undefined = FRAME.assign(ndcg=math.nan, ndcg_behind=math.nan)
    assert leader(undefined, "ndcg") is None


def test_single_generator_leads_without_a_second() -> None:
    found = leader(FRAME[FRAME["generator"] == "mf"].head(1), "ndcg")
    assert found is not None
    assert (found.name, found.ahead_of, found.lead, found.level) == ("mf", None, None, ())


def test_rows_of_curves_are_passed_over() -> None:
    curve = pd.DataFrame([{"generator": "two_tower", "group": "all", "users": 90, "ndcg": 0.99}])
    assert leader(pd.concat([FRAME, curve]), "ndcg") == leader(FRAME, "ndcg")


@pytest.mark.parametrize(
    ("figure", "group", "named"), [("novelty", "all", "figure"), ("ndcg", "new", "group")]
)
def test_unknown_figures_and_groups_are_refused(figure: str, group: str, named: str) -> None:
    with pytest.raises(ValueError, match=f"^{named}='{figure if named == 'figure' else group}'"):
        leader(FRAME, figure, group)
