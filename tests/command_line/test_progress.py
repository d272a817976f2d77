"""The line of progress: share, work, time left; and nothing where nobody looks."""

from __future__ import annotations

import io
import sys

import pytest

from command_line.progress import progress_line, told
from engine.progress import silent


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("done", "elapsed", "line"),
    [
        (0.0, 0.0, "  0%  fitting"),
        (0.5, 1.0, " 50%  fitting"),  # too early to say
        (0.25, 10.0, " 25%  fitting, about 30 s left"),
        (0.1, 60.0, " 10%  fitting, about 9 min left"),
        (1.0, 60.0, "100%  fitting"),
    ],
)
def test_line_tells_how_far_and_how_long_still(done: float, elapsed: float, line: str) -> None:
    assert told("fitting", done, elapsed) == line


def test_terminal_shows_a_line_that_is_gone_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress_line(quiet=False) as progress:
        progress("fitting", 0.5)
        progress("not yet again", 0.5)  # within a tenth of a second
    shown = terminal.getvalue()
    assert "50%  fitting" in shown
    assert "not yet again" not in shown
    assert shown.endswith("\r\x1b[K")


@pytest.mark.parametrize(("quiet", "stream"), [(True, Terminal()), (False, io.StringIO())])
def test_nothing_is_drawn_when_quiet_or_into_a_file(
    monkeypatch: pytest.MonkeyPatch, quiet: bool, stream: io.StringIO
) -> None:
    monkeypatch.setattr(sys, "stderr", stream)
    with progress_line(quiet) as progress:
        assert progress is silent
    assert stream.getvalue() == ""
