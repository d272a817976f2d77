"""The fitting process: it makes the parts that works need, and leaves them on disk.

Run as ``python -m engine.fitting_process.worker``. A fit beside the app's threads holds the
interpreter's lock for long stretches, and a core that a stopwatch wants.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from engine.child_process import serve
from engine.fitting_process.work import WORKS
from engine.lightgbm_alone import load_lightgbm_alone
from engine.progress import Progress
from engine.scenario import Scenario
from engine.store import PartStore, default_directory

_MOST_PARTS = 32
_NICENESS = 19  # whatever wants a core has it at once, and still the fit never stands still


class Workshop:
    """Does works, and remembers parts that the next may need too."""

    def __init__(self, store: PartStore) -> None:
        self._store = store

    def answer(self, task: Mapping[str, Any], report: Progress) -> dict[str, Any]:
        """Do one work on one scenario.

        The answer is ``done``, or ``refused`` with the words of a ValueError.
        """
        scenario, _ = Scenario.from_query(task["scenario"])
        try:
            WORKS[task["what"]].make(scenario, self._store, report)
        except ValueError as error:
            return {"refused": str(error)}
        return {"done": True}


if __name__ == "__main__":
    os.nice(_NICENESS)
    load_lightgbm_alone()
    serve(Workshop(PartStore(default_directory(), max_parts=_MOST_PARTS)).answer)
