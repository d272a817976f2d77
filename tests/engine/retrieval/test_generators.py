"""Generators side by side: figures of the evaluator, groups of users, distances to the best."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from engine.design import Design
from engine.evaluation import GRID, Report, evaluate, evaluator_for
from engine.fitting import fitted_generator
from engine.generators import EASE, GENERATORS, MF, Covisitation, Popularity
from engine.intervals import mean_estimate
from engine.log import split_days
from engine.pipeline import build, exclusions
from engine.retrieval import generators
from engine.retrieval.generators import (
    COMPARED,
    FIGURES,
    GROUPS,
    candidate_curves,
    compare_generators,
    generator_differences,
    left_out,
    load_generators,
)
from engine.retrieval.leader import leader
from engine.sample import load_sample
from engine.store import PartStore
from engine.world import World, WorldConfig, make_world

CANDIDATES, USERS = 40, 60
CONFIGS = (Popularity(), MF(factors=8, iterations=3), Covisitation(), EASE())


@pytest.fixture(scope="module")
def compared(tiny_world: World, tiny_store: PartStore) -> pd.DataFrame:
    return compare_generators(tiny_world, CONFIGS, CANDIDATES, USERS, store=tiny_store)


@pytest.fixture(scope="module")
def reports(tiny_world: World, tiny_store: PartStore) -> dict[str, Report]:
    """By the front door, which knows nothing of groups."""
    return {
        config.name: evaluate(
            build(
                tiny_world,
                Design(config, "exact", candidates=CANDIDATES, ranker="none"),  # type: ignore[arg-type]
                store=tiny_store,
            ),
            USERS,
            store=tiny_store,
        )
        for config in CONFIGS
    }


@pytest.fixture(scope="module")
def cold(tiny_world: World, tiny_store: PartStore) -> NDArray[np.bool_]:
    panel = evaluator_for(tiny_world, USERS, tiny_store).panel
    before = tiny_world.impressions.between(-np.inf, split_days(tiny_world.config.days).serving[1])
    clickers = np.unique(before.user[before.clicked])
    found = ~np.isin(panel.users, clickers)
    assert 0 < found.sum() < USERS
    return found


def test_each_generator_has_a_row_for_each_group(compared: pd.DataFrame) -> None:
    found = list(zip(compared["generator"], compared["group"], strict=True))
    assert found == [(config.name, group) for config in CONFIGS for group in GROUPS]
    assert (compared["candidates"] == CANDIDATES).all()


def test_figures_of_all_users_are_those_of_the_front_door(
    compared: pd.DataFrame, reports: dict[str, Report]
) -> None:
    for row in compared[compared["group"] == "all"].to_dict("records"):
        report = reports[row["generator"]]
        ceiling = 1.0 - report.loss["generation"].value
        assert row["ceiling"] == pytest.approx(ceiling, abs=1e-12)
        names = {
            "recall": "recall@candidates",
            "ndcg": "ndcg@10",
            "novelty": "novelty@10",
            "coverage": "coverage",
            "exposure_gini": "exposure_gini",
        }
        for name, figure in names.items():
            expected = report[figure]
            found = [row[name], row[f"{name}_low"], row[f"{name}_high"]]
            assert found == [expected.value, expected.low, expected.high], name
        assert row["users"] == report["ndcg@10"].n


def test_groups_are_the_users_with_and_without_a_click_before_serving(
    compared: pd.DataFrame, reports: dict[str, Report], cold: NDArray[np.bool_]
) -> None:
    for row in compared.to_dict("records"):
        mask = {"all": cold | True, "cold": cold, "warm": ~cold}[row["group"]]
        ndcg = reports[row["generator"]].per_user.ndcg[mask]
        assert row["users"] == np.isfinite(ndcg).sum()
        assert row["ndcg"] == mean_estimate(ndcg).value


def test_ceiling_is_never_below_the_generators_own_order(compared: pd.DataFrame) -> None:
    assert (compared["ceiling"] >= compared["ndcg"]).all()
    for name in FIGURES:
        assert (compared[f"{name}_low"] <= compared[name]).all()
        assert (compared[name] <= compared[f"{name}_high"]).all()


def test_distance_to_the_best_is_paired_by_user(
    compared: pd.DataFrame, reports: dict[str, Report], cold: NDArray[np.bool_]
) -> None:
    rows = compared[compared["group"] == "warm"].set_index("generator")
    best = rows["ndcg"].idxmax()
    for name in rows.index:
        difference = reports[best].per_user.ndcg - reports[name].per_user.ndcg
        expected = mean_estimate(difference[~cold])
        found = rows.loc[name, ["ndcg_behind", "ndcg_behind_low", "ndcg_behind_high"]]
        assert found.tolist() == [expected.value, expected.low, expected.high]


def test_best_of_each_group_is_behind_nobody(compared: pd.DataFrame) -> None:
    for figure in COMPARED:
        for _, group in compared.groupby("group"):
            best = group.loc[group[figure].idxmax()]
            assert best[f"{figure}_behind"] == best[f"{figure}_behind_high"] == 0.0
            assert (group[f"{figure}_behind"] >= 0).all()


def test_row_tells_what_the_fit_cost_and_what_it_reaches(
    compared: pd.DataFrame, tiny_world: World, tiny_store: PartStore
) -> None:
    day = split_days(tiny_world.config.days).serving[1]
    for config in CONFIGS:
        rows = compared[compared["generator"] == config.name]
        fitted = fitted_generator(tiny_world, config, day, tiny_store)
        assert (rows["fit_seconds"] == fitted.seconds).all()
        assert (rows["memory_bytes"] == fitted.generator.memory_bytes).all()
        assert (rows["reach"] == len(fitted.generator.known_items()) / 400).all()
        assert set(rows["unknown_users"]) == {config.unknown_users}
        assert set(rows["unknown_items"]) == {config.unknown_items}
        assert set(rows["places_new_items"]) == {config.places_new_items}


def test_same_world_gives_the_same_frame(
    compared: pd.DataFrame, tiny_world: World, tiny_store: PartStore
) -> None:
    again = compare_generators(tiny_world, CONFIGS, CANDIDATES, USERS, store=tiny_store)
    pd.testing.assert_frame_equal(again, compared)


def test_group_without_users_has_no_row(tiny_config: WorldConfig) -> None:
    world = make_world(replace(tiny_config, cold_users=0.0, impressions=60_000))
    store = PartStore(None)
    panel = evaluator_for(world, 5, store).panel
    assert (np.diff(exclusions(world, store).offsets)[panel.users] > 0).all()
    frame = compare_generators(world, [Popularity()], 20, 5, store=store)
    assert frame["group"].tolist() == ["all", "warm"]
    with pytest.raises(ValueError, match=r"^group='cold': must be one of all, warm$"):
        generator_differences(world, Popularity(), Covisitation(), 20, 5, "cold", store=store)


def test_generator_that_the_catalogue_rules_out_is_left_out_with_its_reason(
    tiny_world: World, tiny_store: PartStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert left_out(CONFIGS, 400) == {}
    assert left_out(CONFIGS, 20_000) == {"ease": EASE().why_not(20_000)}
    monkeypatch.setattr("engine.generators.ease.MOST_ITEMS", 300)
    frame = compare_generators(tiny_world, (Popularity(), EASE()), 20, 10, store=tiny_store)
    assert set(frame["generator"]) == {"popularity"}


def test_curves_rise_and_meet_the_comparison(
    compared: pd.DataFrame, tiny_world: World, tiny_store: PartStore
) -> None:
    grid = (10, CANDIDATES, 200, 400, 1_000)
    curves = candidate_curves(tiny_world, CONFIGS, grid, USERS, store=tiny_store)
    assert set(curves["candidates"]) == {10, CANDIDATES, 200, 400}
    for _, curve in curves.groupby(["generator", "group"]):
        assert curve["ceiling"].is_monotonic_increasing
        assert curve["recall"].is_monotonic_increasing
    here = curves[curves["candidates"] == CANDIDATES].set_index(["generator", "group"])
    there = compared.set_index(["generator", "group"])[here.columns]
    pd.testing.assert_frame_equal(here, there, rtol=1e-12, check_like=True)


def test_differences_of_two_are_signed_and_paired(
    tiny_world: World, tiny_store: PartStore, reports: dict[str, Report]
) -> None:
    popular, _, kin, _ = CONFIGS
    there = generator_differences(tiny_world, popular, kin, CANDIDATES, USERS, store=tiny_store)
    back = generator_differences(tiny_world, kin, popular, CANDIDATES, USERS, store=tiny_store)
    assert list(there) == ["ceiling", "recall", "ndcg", "novelty"]
    rows = reports[kin.name].per_user.ndcg - reports[popular.name].per_user.ndcg
    assert there["ndcg"] == mean_estimate(rows)
    assert all(there[name].value == -back[name].value for name in there)


def test_progress_rises_to_its_end(tiny_world: World) -> None:
    said: list[tuple[str, float]] = []
    compare_generators(
        tiny_world,
        CONFIGS[:2],
        20,
        10,
        lambda what, done: said.append((what, done)),
        PartStore(None),
    )
    shares = [done for _, done in said]
    assert shares == sorted(shares)
    assert said[-1] == ("ready", 1.0)
    assert {"counting clicks", "judging popularity", "judging mf"} <= {what for what, _ in said}


def test_shipped_file_holds_every_generator_that_the_shipped_world_allows() -> None:
    frame, items = load_generators(), WorldConfig().items
    own = frame[frame["world"] == "default"]
    compared, curves = (own[own["study"] == study] for study in ("comparison", "curve"))
    configs = [kind() for kind in GENERATORS.values()]
    fitted = [c for c in configs if c.name not in left_out(configs, items)]
    expected = [(config.name, group) for config in fitted for group in GROUPS]
    assert list(zip(compared["generator"], compared["group"], strict=True)) == expected
    assert (compared["candidates"] == Design().candidates).all()
    assert compared["unknown_users"].tolist() == [c.unknown_users for c in fitted for _ in GROUPS]
    assert set(curves["candidates"]) == set(GRID)
    assert len(curves) == len(expected) * len(GRID)
    for name in FIGURES:
        assert (compared[f"{name}_low"] <= compared[name]).all()
        assert (compared[name] <= compared[f"{name}_high"]).all()
    assert compared.loc[compared["group"] == "all", "users"].eq(2_000).all()
    assert leader(own) is not None


@pytest.mark.slow
def test_shipped_figures_are_what_judging_a_generator_anew_gives() -> None:
    shipped = load_generators()
    shipped = shipped[(shipped["world"] == "default") & (shipped["study"] == "comparison")]
    anew = compare_generators(load_sample(), [Popularity(), Covisitation()], users=2_000)
    for row in anew.to_dict("records"):
        same = (shipped["generator"] == row["generator"]) & (shipped["group"] == row["group"])
        for name in COMPARED:
            assert shipped.loc[same, name].item() == pytest.approx(row[name], abs=2e-3)


@pytest.mark.parametrize("content", [None, ""], ids=["missing", "empty"])
def test_file_that_cannot_be_read_names_the_remedy(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "generators.csv"
    if content is not None:
        path.write_text(content)
    monkeypatch.setattr(generators, "GENERATORS_FILE", path)
    with pytest.raises(ValueError, match=r"^generators.csv: \w+; make it again with `make re"):
        load_generators()
