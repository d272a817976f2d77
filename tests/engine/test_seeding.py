"""Random streams that do not depend on the order in which stages run."""

import subprocess
import sys
from pathlib import Path

import numpy as np

from engine.seeding import stream


def draws(*name: object) -> list[float]:
    return stream(*name).random(4).tolist()  # type: ignore[arg-type]


def test_equal_names_give_equal_streams() -> None:
    assert draws(7, "world/users", 3) == draws(7, "world/users", 3)


def test_seed_stage_and_keys_each_give_another_stream() -> None:
    names = [
        (7, "log/clicks", 0, 0),
        (8, "log/clicks", 0, 0),
        (7, "log/policy", 0, 0),
        (7, "log/clicks", 0, 1),
        (7, "log/clicks", 1, 0),
        (7, "log/clicks", 1, 1),
    ]
    assert len({tuple(draws(*name)) for name in names}) == len(names)


def test_draws_from_one_stream_do_not_move_another() -> None:
    alone = draws(7, "panel/request", 5)
    stream(7, "panel/request", 4).random(1_000)
    assert draws(7, "panel/request", 5) == alone


def test_streams_are_the_same_in_another_process() -> None:
    # Python's own hash of a text changes from process to process.
    code = "from engine.seeding import stream; print(stream(7, 'log/clicks', 2).integers(10**9))"
    root = Path(__file__).parents[2]
    out = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert int(out.stdout) == stream(7, "log/clicks", 2).integers(10**9)


def test_neighbouring_keys_are_not_correlated() -> None:
    rows = np.array([stream(7, "panel/request", user).random(500) for user in range(20)])
    off_diagonal = np.corrcoef(rows)[~np.eye(20, dtype=bool)]
    assert np.abs(off_diagonal).max() < 0.25
