"""What runs beside the pages as long as the app does: begun before the first viewer, ended last."""

from __future__ import annotations

import time

from engine.scenario import Scenario
from ui.ctr.benches import benches as click_benches
from ui.ranking.bench import benches as ranker_benches
from ui.retrieval.bench import benches as search_benches
from ui.retrieval.comparisons import comparisons
from ui.retrieval.hard_studies import hard_studies
from ui.retrieval.size_studies import size_studies
from ui.retrieval.sweep_studies import sweep_studies
from ui.studio import studio

_PATIENCE_S = 600.0
_CALM_S, _MOST_HELD_S = 20.0, 120.0
_TIMED_S = 45.0  # what the first viewer sees is timed by then; fits beside it would be timed too


def begin() -> None:
    """Have what viewers will see made ready, the first page first."""
    studio().warm_up(afterwards=_other_pages)


def end() -> None:
    """Stop all of it.

    A thread that is within a library's C++ when Python ends takes the process down with it.
    """
    ranker_benches().close()
    click_benches().close()
    search_benches().close()
    for studies in (comparisons(), hard_studies(), size_studies(), sweep_studies()):
        studies.close()
    studio().close()


def _other_pages() -> None:
    """One after the other, while nobody tries designs: who does shares the machine with them."""
    time.sleep(_TIMED_S)
    for make_ready in (_open_rankers, _open_clicks, _open_search):
        studio().calm.wait(_CALM_S, _MOST_HELD_S)
        make_ready()


def _open_rankers() -> None:
    ranker_benches().open(Scenario()).wait(_PATIENCE_S)


def _open_clicks() -> None:
    click_benches().open(Scenario().ads).wait(_PATIENCE_S)


def _open_search() -> None:
    searched = search_benches().open(Scenario())  # the index is there: the first page built it
    if searched.wait(_PATIENCE_S) and searched.error is None:
        search_benches().point(Scenario())
