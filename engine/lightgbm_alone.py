"""LightGBM without scikit-learn, for processes that somebody waits for.

Where LightGBM finds scikit-learn it imports it, and scipy.stats with it, for classes that nothing
here uses: nine tenths of the time that its import takes once NumPy, SciPy and pandas are there.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class _Hidden(MetaPathFinder):
    """Hides a package from whatever this thread imports; other threads find it as ever."""

    def __init__(self, package: str) -> None:
        self._package, self._thread = package, threading.get_ident()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == self._package and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"{fullname} is hidden here", name=fullname)
        return None


def load_lightgbm_alone() -> None:
    """Import LightGBM, unless that is done already; scikit-learn stays for others to import.

    In this process LightGBM's classes for scikit-learn (`LGBMClassifier` and the like) will say
    that it is not installed: call it in processes of one's own, never for a user of the library.
    """
    if "lightgbm" in sys.modules:
        return
    hidden = _Hidden("sklearn")
    sys.meta_path.insert(0, hidden)
    try:
        import lightgbm  # noqa: F401
    finally:
        sys.meta_path.remove(hidden)
