"""What the ranking page shows in an `AppTest` run, and that it is whole."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from engine.scenario import Scenario
from tests.ui.appreader import figures, headers
from tests.ui.two_stage_reader import FIGURE, blocks, trace, warnings
from ui.ranking.bench import RankerBench, benches

TITLE = "In which order?"
CHARTS = ["ladder", "to_the_oracle", "importance", "over_rows", "learning", "fit_course"]
LABELS = [
    "NDCG@10, true",
    "AUC, last day",
    "LogLoss",
    "Norm. entropy",
    "300 candidates, p95",  # the small world has no 500
    "Time of the fit",
]
PATIENCE_S = 60.0


def headlines(at: AppTest) -> dict[str, tuple[str, str, str]]:
    """Label -> value, kind and note of each large figure."""
    return {
        label: (value, kind, note)
        for block in blocks(at)
        for label, value, kind, note in FIGURE.findall(block)
    }


def versus(at: AppTest) -> list[str]:
    """The lines that hold the figures against A."""
    return [line for b in blocks(at) for line in re.findall(r'class="sl-versus"[^>]*>([^<]*)<', b)]


def simulated(at: AppTest) -> dict[str, tuple[str, str, str]]:
    """The large figures that no stopwatch is behind."""
    return {label: headlines(at)[label] for label in LABELS[:4]}


def sentence(at: AppTest) -> str:
    (text,) = [m.value for m in at.markdown if " reaches " in m.value]
    return str(text)


def source(at: AppTest) -> str:
    (line,) = [block for block in blocks(at) if 'class="sl-source' in block]
    return line


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


def bench_of(scenario: Scenario) -> RankerBench:
    job = benches().open(scenario)
    assert job.wait(PATIENCE_S)
    assert job.error is None
    bench: RankerBench = job.result
    return bench


def at_rest(at: AppTest) -> AppTest:
    """The page once all is known of its ranker, and of A."""
    scenario: Scenario = at.session_state["scenario"]

    def known() -> bool:
        bench = bench_of(scenario)
        benches().look_on(bench)
        return bench.timing.done() and bench.curve is not None and bench.importances is not None

    eventually(known)
    if scenario.pinned is not None:
        bench_of(Scenario(scenario.world, scenario.pinned, scenario.user)).timing.result(PATIENCE_S)
    at.run()
    return at


def assert_whole(at: AppTest, without: tuple[str, ...] = ()) -> None:
    """Title, figures and charts are there, of one design, and nothing went wrong."""
    assert not at.exception
    assert not at.error
    assert [title.value for title in at.title] == [TITLE]
    assert list(headlines(at)) == LABELS
    assert list(figures(at)) == [key for key in CHARTS if key not in without]
    assert "sl-measured" in source(at)
    assert "nan" not in " ".join(" ".join(parts) for parts in headlines(at).values())
    scenario: Scenario = at.session_state["scenario"]
    assert at.query_params == scenario.to_query()
    design = scenario.design
    for about in headers(at).values():
        assert f"→ {design.candidates:,} → {design.ranker.name}" in about["caption"]
        assert f"→ {design.candidates:,} candidates → {design.ranker.name}" in about["alt"]
    assert trace(at, "over_rows", "you are here")["x"] == [design.candidates]


__all__ = ["CHARTS", "LABELS", "TITLE", "blocks", "figures", "headers", "trace", "warnings"]
