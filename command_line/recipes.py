"""Write-ups of the gallery: a view, its charts that matter, and words with figures filled in."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qs

from engine.as_python import PAGES
from engine.scenario import Scenario
from ui.write_up.document import Chart, Document, Figure, Figures, Part, Words

GALLERY = Path(__file__).parent.parent / "docs" / "gallery"
_FIGURE = re.compile(r"\{([^{}]+)\}")
_MEASURED = "~"
_SENTENCE, _THIN = "sentence", "\u2009"
_TEXTS = ("value", "interval", "note", "versus")


@dataclass(frozen=True, slots=True)
class Recipe:
    """One write-up, read from a TOML file of its name.

    link : the query of the view. charts : keys, in the order of the write-up. words : Markdown
    with figures in braces, such as ``{NDCG@10, true}`` for a large figure,
    ``{NDCG@10, true | versus}`` for what stands beside it, ``{ladder | GBDT | AUC}`` for a cell
    of the table behind a chart, by what its row holds and by its column, to so many decimals with
    ``# 2`` behind it, and ``{sentence}`` for what the page itself says first, or first below a
    heading. A ``~`` in front says that a figure is measured, and comes out otherwise the next time.
    """

    name: str
    title: str
    page: str
    link: str
    charts: tuple[str, ...]
    words: str

    @property
    def scenario(self) -> Scenario:
        """What the link holds.

        Raises
        ------
        ValueError : the link needs a repair.
        """
        scenario, repairs = Scenario.from_query(parse_qs(self.link, keep_blank_values=True))
        if repairs:
            raise ValueError(f"{self.name}: link: {repairs[0]}")
        return scenario


def recipes(folder: Path = GALLERY) -> dict[str, Recipe]:
    """Name -> recipe, in the order of their names."""
    found = {path.stem: _read(path) for path in sorted(folder.glob("*.toml"))}
    if not found:
        raise ValueError(f"folder={folder.name!r}: must hold recipes, a TOML file each")
    return found


def filled(recipe: Recipe, document: Document) -> tuple[Document, dict[str, str]]:
    """The write-up of a page by its recipe, and the figures in its words that are not measured.

    Raises
    ------
    ValueError : a chart or a figure that the page does not show, or one that is measured without
        saying so.
    """
    charts = {chart.key: chart for chart in document.charts}
    for key in recipe.charts:
        if key not in charts:
            raise ValueError(f"{recipe.name}: chart {key!r} must be one of {', '.join(charts)}")
    simulated: dict[str, str] = {}

    def put(match: re.Match[str]) -> str:
        asked = match[1].strip()
        name = asked.removeprefix(_MEASURED)
        text = _told(recipe, document, name, is_measured=asked != name)
        if asked == name:
            simulated[name] = text
        return text

    words = _FIGURE.sub(put, recipe.words.strip())
    large = tuple(part for part in document.parts if isinstance(part, Figures))[:1]
    parts: tuple[Part, ...] = (Words(words), *large, *(charts[key] for key in recipe.charts))
    return replace(document, title=recipe.title, parts=parts), simulated


def _read(path: Path) -> Recipe:
    content = tomllib.loads(path.read_text("utf-8"))
    if content["page"] not in PAGES:
        raise ValueError(
            f"{path.name}: page={content['page']!r}: must be one of {', '.join(PAGES)}"
        )
    charts = tuple(content.pop("charts"))
    return Recipe(name=path.stem, charts=charts, **content)


def _told(recipe: Recipe, document: Document, name: str, is_measured: bool) -> str:
    name, _, decimals = name.partition("#")
    first, *rest = (part.strip() for part in name.split("|"))
    if first == _SENTENCE:
        return _sentence(recipe, document, *rest[:1])
    figures = {
        figure.name: figure
        for part in reversed(document.parts)
        if isinstance(part, Figures)
        for figure in reversed(part.rows)
    }
    if first in figures:
        return _of_figure(recipe, figures[first], rest, is_measured)
    for chart in document.charts:
        if chart.key == first and len(rest) == 2:
            cell = _cell(recipe, chart, *rest)
            return f"{float(cell):.{int(decimals)}f}" if decimals else cell
    raise ValueError(f"{recipe.name}: {{{name}}} must be a figure of the page or a chart's cell")


def _sentence(recipe: Recipe, document: Document, heading: str = "") -> str:
    """What the page itself says first, below a heading where one is named."""
    below = not heading
    for part in document.parts:
        if isinstance(part, Words) and part.role == "heading":
            below = part.text == heading
        elif isinstance(part, Words) and part.role == "text" and below:
            return part.text
    raise ValueError(f"{recipe.name}: the page says nothing below {heading!r}")


def _of_figure(recipe: Recipe, figure: Figure, rest: list[str], is_measured: bool) -> str:
    what = rest[0] if rest else "value"
    if len(rest) > 1 or what not in _TEXTS:
        raise ValueError(f"{recipe.name}: {{{figure.name}}} has {', '.join(_TEXTS)}, not {rest}")
    if ("measured" in figure.kind) != is_measured:
        raise ValueError(f"{recipe.name}: {{{figure.name}}} is {figure.kind}: see the mark ~")
    text: str = getattr(figure, what)
    return text


def _cell(recipe: Recipe, chart: Chart, row: str, column: str) -> str:
    """A cell of the first row that holds all that is asked for, in a column by its head."""
    table = chart.table
    heads = () if table is None else table.heads
    wanted = [part.strip() for part in row.split("&")]
    for cells in () if table is None else table.rows:
        plain = [cell.replace(_THIN, ",") for cell in cells]
        if column in heads and all(part in plain for part in wanted):
            return plain[heads.index(column)]
    rows = "" if table is None else ", ".join(cells[0] for cells in table.rows[:12])
    known = f"rows {rows}; columns {', '.join(heads)}"
    raise ValueError(f"{recipe.name}: {chart.key} has no cell {row!r}, {column!r}: {known}")
