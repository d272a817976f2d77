"""Titles as hashed words."""

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.tokens import TOKEN_BUCKETS, hashed_tokens, tokens


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Slow Bread, again!", ["slow", "bread", "again"]),
        ("  10 ways -- to/fold  ", ["10", "ways", "to", "fold"]),
        ("Crème brûlée: ÜBER alles", ["crème", "brûlée", "über", "alles"]),
        ("don't", ["don", "t"]),
        ("?!…", []),
        ("", []),
    ],
)
def test_words_are_lower_case_in_their_order_without_marks(title: str, words: list[str]) -> None:
    assert tokens(title) == words


def test_bucket_is_the_checksum_of_the_word() -> None:
    # CRC-32 of "123456789" is 0xcbf43926 by its standard: 0x926 of 4,096.
    assert TOKEN_BUCKETS == 4_096
    assert hashed_tokens(["123456789"], 1).tolist() == [[0x926]]
    row = hashed_tokens(["Slow bread"], 2)
    assert row.tolist() == [[zlib.crc32(word) % 4_096 for word in (b"slow", b"bread")]]


def test_row_is_cut_to_its_width_and_filled_with_nan() -> None:
    rows = hashed_tokens(["one two three four", "one", ""], 3)
    assert rows.dtype == np.float32
    assert rows.shape == (3, 3)
    assert np.isnan(rows).tolist() == [[False] * 3, [False, True, True], [True] * 3]
    assert rows[0, 0] == rows[1, 0]


def test_no_title_is_no_row() -> None:
    assert hashed_tokens([], 4).shape == (0, 4)


@given(st.lists(st.text(max_size=40), max_size=5), st.integers(1, 8))
def test_row_hangs_on_its_own_title_alone(titles: list[str], width: int) -> None:
    rows = hashed_tokens(titles, width)
    for title, row in zip(titles, rows, strict=True):
        np.testing.assert_array_equal(hashed_tokens([title], width)[0], row)
        known = row[~np.isnan(row)]
        assert len(known) == min(len(tokens(title)), width)
        assert np.all((known >= 0) & (known < TOKEN_BUCKETS) & (known == np.round(known)))
