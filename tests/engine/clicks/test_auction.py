"""The auction: who wins, what is paid, and what errors cost."""

from dataclasses import replace

import numpy as np
import pytest

from engine.clicks import Auction, ClickDesign, ClickLog, run_auction
from engine.clicks.auction import ecpm, sell
from engine.store import PartStore

BID = np.array([[2.0, 1.0, 4.0]])
TRUTH = np.array([[0.10, 0.30, 0.02]])  # eCPM 200, 300, 80
SMALL = Auction(requests=300, ads=15)


def test_ecpm_is_a_thousand_times_bid_and_probability() -> None:
    np.testing.assert_allclose(ecpm(BID, TRUTH), [[200, 300, 80]])


def test_one_slot_by_hand() -> None:
    sold = sell(BID, TRUTH, TRUTH, Auction(ads=3), position_bias=0.62)
    assert sold.order.tolist() == [[1, 0, 2]]
    # Ad 1 wins, and pays 200 / (1000 * .3) a click.
    assert sold.welfare[0] == pytest.approx(0.3 * 1.0)
    assert sold.revenue[0] == pytest.approx(0.2)
    assert sold.forecast[0] == pytest.approx(0.2)


def test_two_slots_by_hand() -> None:
    sold = sell(BID, TRUTH, TRUTH, Auction(ads=3, slots=2), position_bias=1.0)
    assert sold.welfare[0] == pytest.approx(0.3 * 1.0 + 0.5 * 0.1 * 2.0)
    assert sold.revenue[0] == pytest.approx(0.2 + 0.5 * 0.08)


def test_wrong_prediction_sells_to_the_wrong_ad() -> None:
    p = np.array([[0.20, 0.30, 0.02]])  # eCPM 400, 300, 80
    sold = sell(BID, p, TRUTH, Auction(ads=3), position_bias=0.62)
    assert sold.welfare[0] == pytest.approx(0.1 * 2.0)
    assert sold.revenue[0] == pytest.approx(0.1 * 300 / 200)  # price 1.5 a click
    assert sold.forecast[0] == pytest.approx(0.2 * 1.5)


def test_reserve_leaves_slots_empty_and_is_the_least_price() -> None:
    sold = sell(BID, TRUTH, TRUTH, Auction(ads=3, slots=3, reserve=150.0), position_bias=0.0)
    assert sold.shown.tolist() == [[True, True, False]]
    assert sold.welfare[0] == pytest.approx(0.3 + 0.2)
    assert sold.revenue[0] == pytest.approx(0.2 + 0.15)
    nobody = sell(BID, TRUTH, TRUTH, Auction(ads=3, reserve=1_000.0), position_bias=0.0)
    assert (nobody.welfare[0], nobody.revenue[0]) == (0.0, 0.0)


def test_scaling_all_probabilities_changes_no_winner_and_no_price() -> None:
    rng = np.random.default_rng(0)
    bid, truth = rng.lognormal(0, 0.5, (50, 8)), rng.beta(1, 6, (50, 8))
    right = sell(bid, truth, truth, Auction(ads=8), 0.62)
    scaled = sell(bid, truth / 3, truth, Auction(ads=8), 0.62)
    np.testing.assert_array_equal(scaled.order, right.order)
    np.testing.assert_allclose(scaled.revenue, right.revenue)
    np.testing.assert_allclose(scaled.forecast, right.forecast / 3)


def test_no_prediction_sells_better_than_the_truth_in_one_slot() -> None:
    rng = np.random.default_rng(1)
    bid, truth = rng.lognormal(0, 0.5, (200, 8)), rng.beta(1, 6, (200, 8))
    right = sell(bid, truth, truth, Auction(ads=8), 0.62)
    guess = sell(bid, rng.beta(1, 6, (200, 8)), truth, Auction(ads=8), 0.62)
    assert (guess.welfare <= right.welfare + 1e-12).all()


@pytest.mark.parametrize("slots", [1, 4])
def test_model_loses_less_than_no_model_and_more_than_the_truth(
    small_clicks: ClickLog, quick: ClickDesign, clicks_store: PartStore, slots: int
) -> None:
    auction = replace(SMALL, slots=slots)
    report = run_auction(small_clicks, quick, auction, clicks_store)
    prior = run_auction(small_clicks, ClickDesign(model="prior"), auction, clicks_store)  # type: ignore[arg-type]
    assert report["welfare_regret"].low > 0
    assert report["welfare_regret"].high < prior["welfare_regret"].low
    assert report["welfare_best"] == prior["welfare_best"]
    lost = 1 - report["welfare"].value / report["welfare_best"].value
    assert report["welfare_regret"].value == pytest.approx(lost)
    assert report["other_winner"].value < prior["other_winner"].value


def test_miscalibration_costs_welfare_or_spoils_the_forecast(
    small_clicks: ClickLog, quick: ClickDesign, clicks_store: PartStore
) -> None:
    right, bold, low = (
        run_auction(small_clicks, quick, replace(SMALL, **off), clicks_store)
        for off in ({}, {"stretch": 2.5}, {"shift": -2.0})
    )
    assert bold["welfare_regret"].value > right["welfare_regret"].value + 0.01
    assert low["forecast_ratio"].value < 0.3
    assert right["forecast_ratio"].value == pytest.approx(1.05, abs=0.2)


def test_nothing_but_the_first_auction_needs_a_fit_or_scores(
    small_clicks: ClickLog, quick: ClickDesign
) -> None:
    store = PartStore(None)
    run_auction(small_clicks, quick, SMALL, store)
    parts = set(store._parts)
    run_auction(small_clicks, replace(quick, calibration="platt"), SMALL, store)
    run_auction(small_clicks, quick, replace(SMALL, shift=1.0, bid_spread=0.0, reserve=3.0), store)
    assert set(store._parts) == parts


def test_bids_that_are_alike_leave_probability_to_rank(
    small_clicks: ClickLog, quick: ClickDesign, clicks_store: PartStore
) -> None:
    report = run_auction(small_clicks, quick, replace(SMALL, bid_spread=0.0), clicks_store)
    assert (report.bid == 1.0).all()
    p = np.take_along_axis(report.p, report.sold.order, axis=1)
    assert (np.diff(p, axis=1) <= 0).all()


def test_one_request_is_told_by_its_ads(
    small_clicks: ClickLog, quick: ClickDesign, clicks_store: PartStore
) -> None:
    report = run_auction(small_clicks, quick, SMALL, clicks_store)
    frame = report.request(7)
    assert len(frame) == SMALL.ads
    assert frame["ecpm"].is_monotonic_decreasing
    assert sorted(frame["true_rank"]) == list(range(1, SMALL.ads + 1))
    best = frame["true_ecpm"].idxmax()
    assert frame["true_rank"][best] == 1
    np.testing.assert_allclose(frame["ecpm"], 1000 * frame["bid"] * frame["p"])
    with pytest.raises(ValueError, match="number=300: must be from 0 to 299"):
        report.request(300)


def test_true_probabilities_are_those_at_position_one(
    small_clicks: ClickLog, quick: ClickDesign, clicks_store: PartStore
) -> None:
    report = run_auction(small_clicks, quick, SMALL, clicks_store)
    top = small_clicks.p[small_clicks.rows.position == 1]
    assert report.truth.max() > 0.7
    assert abs(report.truth.mean() - top.mean()) < 0.1


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"slots": 5}, "slots=5: must be a whole number from 1 to 4"),
        ({"ads": 2, "slots": 3}, "slots=3: must be at most the 2 ads"),
        ({"stretch": 0.0}, "stretch=0.0: must be a number from 0.05"),
        ({"requests": 3}, "requests=3: must be a whole number from 20"),
    ],
)
def test_bad_auction_is_refused(changes: dict[str, object], line: str) -> None:
    with pytest.raises(ValueError, match=line):
        Auction(**changes)  # type: ignore[arg-type]


def test_more_ads_than_run_and_scores_without_probabilities_are_refused(
    small_clicks: ClickLog, quick: ClickDesign, clicks_store: PartStore
) -> None:
    with pytest.raises(ValueError, match="slots=900: must be from 1 to the 200 ads that run"):
        run_auction(small_clicks, quick, Auction(requests=20, ads=900), clicks_store)
    design = ClickDesign(model="lambdarank")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="lambdarank are no probabilities; calibrate them first"):
        run_auction(small_clicks, design, SMALL, clicks_store)
