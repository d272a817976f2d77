"""Since when nobody has tried a new design: what can wait does."""

from __future__ import annotations

import time


class Calm:
    """One for all who hold work back while a viewer is served; safe to use from many threads."""

    def __init__(self) -> None:
        self._disturbed_at = float("-inf")

    def disturb(self) -> None:
        """A viewer is being served."""
        self._disturbed_at = time.monotonic()

    def left_s(self, calm_s: float) -> float:
        """How long until it has been calm for so long, if nothing comes; not above 0 if it has."""
        return self._disturbed_at + calm_s - time.monotonic()

    def wait(self, calm_s: float, patience_s: float) -> None:
        """Wait until it has been calm for so long, or patience ends."""
        end = time.monotonic() + patience_s
        while (left := min(self.left_s(calm_s), end - time.monotonic())) > 0:
            time.sleep(left)
