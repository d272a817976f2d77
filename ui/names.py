"""A design in words, and how words begin."""

from __future__ import annotations

from typing import Any

from engine.design import Design
from engine.training import Training


def describe(design: Design) -> str:
    """The design in a line, with the libraries' own names for its knobs."""
    parts = []
    for part in (design.generator, design.index, design.ranker, design.rerank):
        knobs = ", ".join(f"{knob} {getattr(part, knob):g}" for knob in part.knobs)
        parts.append(f"{part.name} ({knobs})" if knobs else part.name)
    parts[2] += _trained(design.training)
    chain = [*parts[:2], f"{design.candidates:,} candidates", *parts[2:]]
    return _joined(chain, design)


def in_short(design: Design) -> str:
    """The parts of the design by name."""
    names = (design.generator.name, design.index.name, f"{design.candidates:,}")
    ranker = design.ranker.name + _trained(design.training)
    return _joined([*names, ranker, design.rerank.name], design)


def told_apart(design: Design) -> str:
    """The parts of the design by name, with those of their knobs that are not at their default."""

    def part(of: Any) -> str:
        usual = type(of)()
        told = [
            f"{knob} {getattr(of, knob):g}"
            for knob in of.knobs
            if getattr(of, knob) != getattr(usual, knob)
        ]
        return f"{of.name} ({', '.join(told)})" if told else str(of.name)

    chain = [part(design.generator), part(design.index), f"{design.candidates:,}"]
    ranker = part(design.ranker) + _trained(design.training)
    return _joined([*chain, ranker, part(design.rerank)], design)


def _trained(training: Training) -> str:
    """What of the training differs from the usual, in brackets; empty where nothing does."""
    usual, told = Training(), []
    if training.rows != usual.rows:
        told.append(f"{training.rows:,} rows")
    if training.negatives != usual.negatives:
        told.append(f"{training.negatives:.3g} of negatives")
    if training.correct != usual.correct:
        told.append("not corrected")
    if training.days != usual.days:
        told.append(f"{training.days} days")
    if training.without:
        told.append(f"without {', '.join(training.without)}")
    return f" [{'; '.join(told)}]" if told else ""


def _joined(chain: list[str], design: Design) -> str:
    """The chain, which ends with the ranker where nothing re-ranks."""
    return " → ".join(chain if design.rerank.looks_at(design.slate) else chain[:-1])


def capital(words: str) -> str:
    """Words as a sentence begins; what follows the first letter stays as it is."""
    return words[:1].upper() + words[1:]
