"""What a page shows, as plain values in page order: the parts that a write-up is made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

Role = Literal["text", "heading", "note"]


@dataclass(frozen=True, slots=True)
class Words:
    """One or more paragraphs in Markdown: bold, italic, code and lists; all else is plain text.

    role : "heading" opens a section, a "note" stands beside something else.
    """

    text: str
    role: Role = "text"


@dataclass(frozen=True, slots=True)
class Figure:
    """One large figure as the page shows it, in plain text.

    interval : such as "± 0.012", empty where there is none. kind : measured, simulated, modelled,
    or what it is instead. note : what stands beside it. versus : against the pinned design.
    """

    name: str
    value: str
    interval: str = ""
    kind: str = ""
    note: str = ""
    versus: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures that stand together."""

    rows: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table in plain text, numbers as they are shown.

    label : what it holds. numeric : for each column whether it holds numbers; empty for none.
    """

    label: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...] = ()

    def cut(self, rows: int, from_rows: int) -> tuple[Table, Table | None]:
        """The first rows, and the rest where there are more than `from_rows` of them."""
        if len(self.rows) <= from_rows:
            return self, None
        return replace(self, rows=self.rows[:rows]), replace(self, rows=self.rows[rows:])


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart that the browser draws.

    key : unique in the document. caption : design, units and kind of number. height : of the
    plot, px. figure_json : Plotly's data and layout with the named colours of `ui.theme`; empty
    where another drawing than Plotly's stands there. table : the figures behind it.
    """

    key: str
    title: str
    units: str
    caption: str
    alt: str
    filename: str
    height: int
    figure_json: str = ""
    table: Table | None = None


Part = Words | Figures | Table | Chart


@dataclass(frozen=True, slots=True)
class Provenance:
    """What has to be known to see the same again.

    design, seed : in words. machine : that measured, or that the app runs on. versions : of the
    libraries at work. version : of Shortlist.
    """

    design: str
    seed: str
    machine: str
    taken_at: datetime
    version: str
    versions: tuple[tuple[str, str], ...] = ()

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """Label and text of each, for people to read."""
        libraries = ", ".join(f"{name} {version}" for name, version in self.versions)
        lines = (
            ("Design", self.design),
            ("Seed", self.seed),
            ("Machine", self.machine),
            ("Taken", f"{self.taken_at:%Y-%m-%d %H:%M %Z}".strip()),
            ("Made with", f"Shortlist {self.version}" + (f"; {libraries}" if libraries else "")),
        )
        return tuple((label, text) for label, text in lines if text)


@dataclass(frozen=True, slots=True)
class Document:
    """A page at one moment.

    link : shows it again; a path with its query where the address of the app is not known.
    """

    title: str
    link: str
    provenance: Provenance
    parts: tuple[Part, ...]

    @property
    def charts(self) -> tuple[Chart, ...]:
        """The charts in page order."""
        return tuple(part for part in self.parts if isinstance(part, Chart))
