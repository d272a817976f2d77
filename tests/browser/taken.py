"""What was taken away: a CSV as its origin and its rows."""

from __future__ import annotations

import csv
import io


def origin_and_rows(content: bytes) -> tuple[dict[str, str], list[dict[str, str]]]:
    """The lines in front of a CSV by their label, and its rows by column; in the file's order."""
    lines = content.decode().split("\r\n")
    told = [line.removeprefix("# ") for line in lines if line.startswith("# ")]
    origin = dict(line.split(": ", 1) for line in told)
    return origin, list(csv.DictReader(io.StringIO("\n".join(lines[len(told) :]))))
