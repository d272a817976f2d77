"""The large figures: their values, their kind and their interval, and what stands for none."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from engine.measurement import P99_FROM, WHOLE
from tests.ui.views import NAN, a_preview, a_timing, a_view, without_index, without_times
from ui.headline import NOT_DEFINED, Headline, age, html, source_line, two_stage_headlines
from ui.view import BUDGET_MS, Latency, View

LABELS = [
    "NDCG@10, true",
    "p95 latency",
    "True top-10 among candidates",
    "ANN recall",
    "AUC of the ranker",
    "Index memory",
]


def by_label(view: View) -> dict[str, Headline]:
    return {headline.label: headline for headline in two_stage_headlines(view, now=1_000.0)}


@pytest.mark.parametrize(
    "view", [a_view(), a_preview(), without_times(), without_index()], ids=["1", "2", "3", "4"]
)
def test_there_are_six_figures_in_one_order_whatever_is_missing(view: View) -> None:
    assert [headline.label for headline in two_stage_headlines(view)] == LABELS
    assert all(headline.value and headline.meaning for headline in two_stage_headlines(view))


def test_measured_figures_are_the_views_with_kind_interval_and_ceiling() -> None:
    shown = by_label(a_view())
    quality = shown["NDCG@10, true"]
    assert (quality.value, quality.kind) == ("0.800", "simulated ± 0.012")
    assert quality.note == "observed 0.240, perfect slate 0.300"
    recall = shown["True top-10 among candidates"]
    assert (recall.value, recall.kind) == ("62.5%", "simulated ± 1.9")
    index = shown["ANN recall"]
    assert (index.value, index.kind) == ("0.987", "simulated ± 0.002")
    assert index.note == "costs 0.0012 NDCG as ranked"
    ranker = shown["AUC of the ranker"]
    assert (ranker.value, ranker.kind) == ("0.820", "simulated ± 0.006, oracle 0.850")
    assert ranker.note == "LogLoss 0.322, oracle 0.300"
    assert shown["Index memory"].value == "4.2 MB"
    assert shown["Index memory"].kind == "measured"


def test_latency_is_measured_and_held_against_its_budget() -> None:
    view = a_view()
    latency = view.latency
    assert latency is not None
    shown = by_label(view)["p95 latency"]
    assert shown.value == f"{latency.p95[WHOLE]:.2f} ms"
    assert shown.kind == f"measured, of {BUDGET_MS:.0f} ms"
    assert shown.note == f"p50 {latency.p50[WHOLE]:.2f} · p99 {latency.p99[WHOLE]:.2f}"


def test_a_p99_that_too_few_requests_stand_behind_says_from_when_on_it_is_shown() -> None:
    few = a_view(latency=Latency.measured(a_timing(P99_FROM - 1)))
    assert by_label(few)["p95 latency"].note.endswith("p99 from 1,000 requests")
    assert by_label(a_preview())["p95 latency"].note.endswith(f"p99 {NOT_DEFINED}")


def test_a_preview_is_called_one_and_shows_no_interval() -> None:
    shown = by_label(a_preview())
    for label in LABELS[:4]:
        assert shown[label].kind.startswith("preview")
        assert "±" not in shown[label].kind


def test_without_an_index_its_figures_are_not_defined() -> None:
    shown = by_label(without_index())
    for label in ("ANN recall", "Index memory"):
        assert (shown[label].value, shown[label].kind) == (NOT_DEFINED, "no index")


def test_without_times_the_latency_is_not_measured_and_the_rest_stands() -> None:
    shown = by_label(without_times())
    assert shown["p95 latency"].value == NOT_DEFINED
    assert shown["p95 latency"].kind == "not measured"
    timed = by_label(a_view())
    assert all(shown[label] == timed[label] for label in LABELS if label != "p95 latency")


def test_what_cannot_be_judged_is_not_shown_as_nan() -> None:
    view = a_view()
    nothing = dict.fromkeys(("auc", "log_loss", "ndcg_observed@10"), (NAN, NAN))
    view = replace(view, figures=view.figures | nothing)
    shown = by_label(view)
    assert "nan" not in "".join(f"{h.value} {h.kind} {h.note}" for h in shown.values())
    assert shown["AUC of the ranker"].value == NOT_DEFINED
    one_click = a_view(figures=a_view().figures | {"auc": (0.9, NAN)})
    assert by_label(one_click)["AUC of the ranker"].kind == "simulated, oracle 0.850"


def test_a_ranker_that_gives_no_probability_has_no_log_loss() -> None:
    view = a_view(figures=a_view().figures | {"log_loss": (NAN, NAN)})
    assert by_label(view)["AUC of the ranker"].note == "LogLoss: not a probability"


@pytest.mark.parametrize(
    ("cost", "note"),
    [(-0.0012, "costs −0.0012 "), (0.00004, "costs 0.0000 "), (-0.00004, "costs 0.0000 ")],
)
def test_the_cost_of_the_index_keeps_its_sign(cost: float, note: str) -> None:
    view = a_view(figures=a_view().figures | {"index_cost": (cost, 0.001)})
    assert by_label(view)["ANN recall"].note.startswith(note)


@pytest.mark.parametrize(
    ("held", "text"), [(999_949, "999.9 MB"), (99_999, "100.0 kB"), (2_345, "2.3 kB")]
)
def test_memory_is_shown_in_a_unit_that_fits(held: int, text: str) -> None:
    size = held * 1000 if text.endswith("MB") else held
    assert by_label(a_view(memory_bytes=size))["Index memory"].value == text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "just now"),
        (9, "just now"),
        (10, "10 s ago"),
        (89, "89 s ago"),
        (120, "2 min ago"),
        (7_200, "2 h ago"),
    ],
)
def test_the_age_of_a_measurement_is_told_in_words(seconds: float, words: str) -> None:
    latency = Latency.measured(a_timing())
    assert age(latency, latency.taken_at + seconds) == words


def test_the_source_line_says_what_the_figures_rest_on() -> None:
    view = a_view()
    assert source_line(view, now=1_030.0) == (
        "judged on 500 users · timed over 1,000 requests, 30 s ago"
    )
    assert source_line(a_preview()).startswith("preview from the measured grid")
    assert "not timed" in source_line(without_times())


def test_the_source_line_counts_the_requests_that_the_figures_rest_on_and_tells_of_more() -> None:
    view = a_view()
    assert view.latency is not None
    early = replace(view, latency=replace(view.latency, requests=20))
    line = source_line(early, now=1_030.0, timed=500)
    assert line.startswith("judged on 500 users · timed over 20 requests, 30 s ago")
    assert line.endswith(" · more to come: 500 of 1,000")
    assert "more to come" not in source_line(early, now=1_030.0, timed=20)


def test_requests_that_other_work_held_up_are_told_of() -> None:
    view = a_view()
    assert view.latency is not None
    disturbed = replace(view, latency=replace(view.latency, held_up=0.31))
    assert source_line(disturbed, now=1_000.0).endswith(
        "31% of them held up by other work on this machine"
    )
    assert "held up" not in source_line(view)


def test_the_block_of_html_holds_every_figure_and_lets_no_text_become_markup() -> None:
    headline = Headline("<b>", "1 < 2", "a & b", '"', "<script>")
    block = html([headline, *two_stage_headlines(a_view())])
    assert block.count("<dt ") == 1 + len(LABELS)
    assert "<script>" not in block
    assert "<b>" not in block
    assert re.findall(r'<dd class="sl-value" [^>]*>([^<]*)</dd>', block)[0] == "1 &lt; 2"
