"""Titles as rows of hashed words."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

TOKEN_BUCKETS = 4_096
_WORD = re.compile(r"\w+")


def tokens(title: str) -> list[str]:
    """The words of a title, in lower case and in their order; marks are left out."""
    return _WORD.findall(title.lower())


def hashed_tokens(titles: Sequence[str], width: int) -> NDArray[np.float32]:
    """The first words of each title as bucket numbers, (titles, width) float32.

    NaN beyond a title's end. A bucket is the CRC-32 of the word's UTF-8 modulo `TOKEN_BUCKETS`:
    the same on every machine, with now and then two words in one bucket.
    """
    rows = np.full((len(titles), width), np.nan, dtype=np.float32)
    known: dict[str, int] = {}
    for row, title in enumerate(titles):
        for place, word in enumerate(tokens(title)[:width]):
            if word not in known:
                known[word] = zlib.crc32(word.encode()) % TOKEN_BUCKETS
            rows[row, place] = known[word]
    return rows
