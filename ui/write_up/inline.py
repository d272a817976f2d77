"""The little Markdown that the pages speak, taken apart: nothing else in a text means anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_TOKEN = re.compile(
    r"\\(?P<plain>[!-/:-@\[-`{-~])"
    r"|\*\*(?P<strong>(?:\\.|[^\\*])+)\*\*"
    r"|\*(?P<em>(?:\\.|[^\\*\s])(?:\\.|[^\\*])*)\*"
    r"|`(?P<code>[^`]+)`"
)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_ITEM = "- "


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of plain text in one voice."""

    text: str
    voice: Literal["plain", "strong", "em", "code"] = "plain"


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, or one item of a list."""

    runs: tuple[Run, ...]
    is_item: bool = False


def blocks(markdown: str) -> list[Block]:
    """Paragraphs and items in order."""
    found: list[Block] = []
    for paragraph in re.split(r"\n\s*\n", markdown):
        lines = [line.strip() for line in paragraph.splitlines() if line.strip()]
        said = [line for line in lines if not line.startswith(_ITEM)]
        if said:
            found.append(Block(runs(" ".join(said))))
        found += [
            Block(runs(line.removeprefix(_ITEM)), is_item=True)
            for line in lines
            if line.startswith(_ITEM)
        ]
    return found


def runs(line: str) -> tuple[Run, ...]:
    """A line in its voices."""
    return tuple(_runs(line))


def plain(markdown: str) -> str:
    """The text alone, in one line."""
    return " ".join("".join(run.text for run in block.runs) for block in blocks(markdown))


def _runs(line: str) -> Iterator[Run]:
    said = ""
    end = 0
    for match in _TOKEN.finditer(line):
        said += line[end : match.start()] + (match["plain"] or "")
        end = match.end()
        if match["plain"]:
            continue
        if said:
            yield Run(said)
        said = ""
        if match["code"]:
            yield Run(match["code"], "code")
        elif match["strong"]:
            yield Run(_ESCAPED.sub(r"\1", match["strong"]), "strong")
        else:
            yield Run(_ESCAPED.sub(r"\1", match["em"]), "em")
    if said + line[end:]:
        yield Run(said + line[end:])
