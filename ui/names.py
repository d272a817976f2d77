"""A design in words."""

from __future__ import annotations

from engine.design import Design


def describe(design: Design) -> str:
    """The design in a line, with the libraries' own names for its knobs."""
    parts = []
    for part in (design.generator, design.index, design.ranker, design.rerank):
        knobs = ", ".join(f"{knob} {getattr(part, knob):g}" for knob in part.knobs)
        parts.append(f"{part.name} ({knobs})" if knobs else part.name)
    chain = [*parts[:2], f"{design.candidates:,} candidates", *parts[2:]]
    return _joined(chain, design)


def in_short(design: Design) -> str:
    """The parts of the design by name."""
    names = (design.generator.name, design.index.name, f"{design.candidates:,}")
    return _joined([*names, design.ranker.name, design.rerank.name], design)


def _joined(chain: list[str], design: Design) -> str:
    """The chain, which ends with the ranker where nothing re-ranks."""
    return " → ".join(chain if design.rerank.looks_at(design.slate) else chain[:-1])
