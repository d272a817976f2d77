"""All figures of one design and of two, from reports of a small world."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

import engine
from engine.comparison import Comparison, compare
from engine.evaluation import Report
from engine.figures import Estimate
from engine.glossary import METRICS
from engine.store import PartStore
from engine.world import World
from tests.small_app import small, small_scenario
from tests.ui.test_slate import SystemOf
from tests.ui.two_stage_reader import blocks
from tests.ui.views import a_preview, a_timing, a_view
from ui.all_figures import OPEN, glossary, sentence, table, table_of_two
from ui.facts import NONE
from ui.pinned import comparison
from ui.view import View

Open = Callable[..., AppTest]
SURE, NOISE = (0.01, 0.03), (-0.02, 0.04)


@pytest.fixture(scope="module")
def report_of(own_system: SystemOf, own_store: PartStore) -> Callable[..., Report]:
    def judged(users: int = 120, **changes: str) -> Report:
        return engine.evaluate(own_system(**changes), users=users, store=own_store)

    return judged


def with_report(report: Report) -> View:
    return a_view(report=report, timing=a_timing(), ceiling=report.ceiling)


def rows(block: str) -> dict[str, list[str]]:
    """Heading of a row -> its cells."""
    found = re.findall(r'<tr><th scope="row">([^<]*)</th>(.*?)</tr>', block)
    return {label: re.findall(r"<td>([^<]*)</td>", cells) for label, cells in found}


def differences(**bounds: tuple[float, float]) -> Comparison:
    """By name, with "_at_" for the "@" of "ndcg@10"."""
    figures = {
        name.replace("_at_", "@"): Estimate((low + high) / 2, low, high, 500)
        for name, (low, high) in bounds.items()
    }
    return Comparison(figures, {})


# One design -----------------------------------------------------------------------------------


def test_every_figure_has_a_row_in_the_order_of_the_glossary(
    report_of: Callable[..., Report],
) -> None:
    report = report_of()
    shown = rows(table(with_report(report)))
    assert list(shown) == [metric.label for metric in METRICS.values()]
    for name, estimate in report.items():
        value, interval, n, _, kind = shown[METRICS[name].label]
        number = float(value.split()[0].replace("−", "-").replace(",", ""))
        width = 0.0 if math.isnan(estimate.half_width) else estimate.half_width
        assert number == pytest.approx(estimate.value, abs=max(width / 5, 1e-4))
        if width:
            low, high = (float(x.replace("−", "-")) for x in interval.split(" to "))
            assert low <= number <= high
        else:
            assert (name, interval) == ("ece", NONE)
        assert n == f"{estimate.n:,}"
        assert kind == "simulated"
    assert shown["True NDCG@10"][3] == "1.000"
    assert shown["AUC"][3] == f"{report.ceiling['auc']:.3f}"
    assert shown["Mean age"][0].endswith(" days")


def test_measured_figures_stand_with_the_simulated_ones_and_are_called_so(
    report_of: Callable[..., Report],
) -> None:
    view = with_report(report_of())
    shown = rows(table(view))
    assert view.timing is not None
    assert shown["Latency p95"][0] == f"{view.timing.percentile(95).value:.2f} ms"
    assert shown["Index memory"][0] == "4.20 MB"
    assert shown["Latency p95"][2] == "1,000"
    assert shown["Latency p99"][-1] == shown["Index memory"][-1] == "measured"


def test_what_is_not_defined_is_said_to_be(report_of: Callable[..., Report]) -> None:
    shown = rows(table(with_report(report_of(ranker="none"))))
    assert shown["LogLoss"][0] == "not defined"
    assert "nan" not in table(with_report(report_of(ranker="none")))


def test_a_preview_keeps_the_tables_place_and_says_that_it_measures() -> None:
    shown = rows(table(a_preview()))
    assert list(shown) == [metric.label for metric in METRICS.values()]
    assert {shown[label][0] for label in shown if label != "Index memory"} == {"measuring"}
    assert sentence(a_preview(), None, None) == "This design is being measured."


def test_the_sentence_sets_the_truth_against_what_the_log_would_tell(
    report_of: Callable[..., Report],
) -> None:
    report = report_of()
    text = sentence(with_report(report), None, None)
    assert f"True NDCG@10 is **{report['ndcg@10'].value:.3f}**" in text
    assert f"**{report['ndcg_observed@10'].value:.3f} ±" in text
    assert f"perfect slate scores {report.ceiling['ndcg_observed@10']:.3f}" in text


def test_formula_and_caption_of_every_figure_are_printed_as_in_the_glossary() -> None:
    text = "\n\n".join(glossary())
    for metric in METRICS.values():
        assert f"**{metric.label}**" in text
        assert f"$$\n{metric.formula}\n$$" in text
        assert metric.caption in text
    assert "**Mean age** · neither direction is better" in text
    assert "**LogLoss** · lower is better" in text


# Two designs ----------------------------------------------------------------------------------


def test_beside_a_pinned_design_stand_both_values_and_the_paired_difference(
    report_of: Callable[..., Report],
) -> None:
    a, b = with_report(report_of(ranker="none")), with_report(report_of())
    difference = comparison(a, b)
    assert difference is not None
    shown = rows(table_of_two(a, b, difference))
    assert list(shown) == [metric.label for metric in METRICS.values()]
    assert a.report is not None
    assert b.report is not None
    first, second, more, *_ = shown["True NDCG@10"]
    assert (first, second) == (rows(table(a))["True NDCG@10"][0], rows(table(b))["True NDCG@10"][0])
    value = float(more.split()[0].replace("−", "-"))
    expected = compare(a.report, b.report)["ndcg@10"]
    assert value == pytest.approx(expected.value, abs=max(expected.half_width / 5, 1e-4))
    assert shown["Latency p95"][2] == "–"
    assert shown["LogLoss"][2] == "not defined"


def test_a_difference_inside_the_noise_is_called_so(report_of: Callable[..., Report]) -> None:
    view = with_report(report_of())
    sure = rows(table_of_two(view, view, differences(auc=SURE)))["AUC"][2]
    assert sure == "+0.020 (+0.010 to +0.030)"
    noise = rows(table_of_two(view, view, differences(auc=NOISE)))["AUC"][2]
    assert noise.endswith(", inside the noise")


def test_figures_that_disagree_are_named_above(report_of: Callable[..., Report]) -> None:
    view = with_report(report_of())
    worse = (-0.03, -0.01)
    split = differences(ndcg_at_10=SURE, auc=SURE, diversity_at_10=worse)
    expected = "B is better in **True NDCG@10, AUC** but worse in **Diversity@10**."
    assert sentence(view, view, split) == expected
    lower_is_better = differences(auc=SURE, log_loss=SURE)
    assert "worse in **LogLoss**" in sentence(view, view, lower_is_better)


def test_many_that_disagree_are_cut_and_counted(report_of: Callable[..., Report]) -> None:
    view = with_report(report_of())
    names = ("ndcg_at_10", "map_at_10", "mrr_at_10", "recall_at_10", "precision_at_10")
    many = differences(**dict.fromkeys(names, SURE), coverage=(-0.03, -0.01))
    assert "True NDCG@10, MAP@10, MRR@10 and 2 more" in sentence(view, view, many)


def test_agreement_and_noise_are_told_apart(report_of: Callable[..., Report]) -> None:
    view = with_report(report_of())
    assert "inside the noise" in sentence(view, view, differences(auc=NOISE))
    assert sentence(view, view, differences(auc=SURE)).startswith("No two figures contradict")


def test_designs_judged_on_other_users_are_not_subtracted(
    report_of: Callable[..., Report],
) -> None:
    a, b = with_report(report_of(users=60)), with_report(report_of())
    assert comparison(a, b) is None
    assert "other users" in sentence(b, a, None)
    assert rows(table_of_two(a, b, None))["AUC"][2] == "–"
    assert comparison(a_preview(), b) is None
    assert sentence(b, a_preview(), None) == "A and B are compared once both are measured."


# On the page ----------------------------------------------------------------------------------


def test_the_page_holds_the_table_of_its_own_report(
    open_page: Open, own_world: World, own_store: PartStore
) -> None:
    at = open_page(small())
    assert not [block for block in blocks(at) if 'class="sl-table' in block]  # until it is open
    at.session_state[OPEN] = True
    at.run()
    (block,) = [block for block in blocks(at) if 'class="sl-table' in block]
    system = engine.build(own_world, small_scenario().design, store=own_store)
    report = engine.evaluate(system, users=len(own_world.users), store=own_store)
    expected = rows(table(replace(with_report(report), timing=None)))
    simulated = [m.label for m in METRICS.values() if m.kind.value == "simulated"]
    assert [rows(block)[label] for label in simulated] == [expected[label] for label in simulated]
    assert [e.label for e in at.expander if "formulas" in e.label] == [
        "All figures, with their formulas",
        "The formulas",
    ]
