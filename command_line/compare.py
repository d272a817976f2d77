"""``compare``: several designs against the first, paired by user and by request."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from command_line.choices import output_options, requests_option, scenario_of, users_option
from command_line.judged import TIMES, differences_of, figures_of, opened, panel, told_design
from command_line.printing import as_json, as_table, figure, named, put
from command_line.progress import progress_line
from engine.comparison import compare as compared
from engine.comparison import compare_timings, inside_noise
from engine.evaluation import evaluate
from engine.measurement import measure_interleaved
from engine.pins import MOST_PINS
from engine.pipeline import build
from engine.progress import Progress, within
from engine.scenario import Scenario

_HEADS = ("figure", "design", "value", "less A", "low", "high", "")
_SHOWN = ("ndcg@10", "recall@candidates", "ann_recall", "auc", "log_loss", "normalized_entropy")
_LETTERS = "ABCDE"
_MOST = MOST_PINS + 1  # a link's pins, and its own design


@click.command(short_help="compare designs with the first of them")
@click.argument("links", metavar="LINK...", nargs=-1, required=True)
@users_option
@requests_option
@output_options
def compare(
    links: tuple[str, ...],
    users: int | None,
    requests: int,
    wants_json: bool,
    out: Path | None,
    quiet: bool,
) -> None:
    """Compare designs with the first of them, all in one world.

    Each LINK is an address of the app, or choices such as "candidates=100&ranker=logistic"; ""
    stands for the default design. Of a single link the pinned designs come first. A difference is
    paired, with its interval at 95%; one whose interval holds 0 is inside the noise.
    """
    scenarios = _scenarios(links)
    with progress_line(quiet) as progress:
        designs = _judged(scenarios, users, requests, progress)
    put(as_json({"designs": designs}) if wants_json else _table(designs), out)


def _scenarios(links: tuple[str, ...]) -> list[Scenario]:
    scenarios = [scenario_of(link) for link in links]
    if len(scenarios) == 1:
        [alone] = scenarios
        scenarios = [replace(alone, design=pin) for pin in alone.pins] + scenarios
    if not 2 <= len(scenarios) <= _MOST:
        raise click.UsageError(
            f"{len(scenarios)} designs: must be from 2 to {_MOST}, or a link with pins"
        )
    if len({scenario.world for scenario in scenarios}) > 1:
        raise click.UsageError("links: must be of one world, or their users do not pair")
    return scenarios


def _judged(
    scenarios: list[Scenario], users: int | None, requests: int, progress: Progress
) -> list[dict[str, Any]]:
    """Each design with its figures, and those after the first with their differences to it."""
    n, systems, reports = len(scenarios), [], []
    for place, scenario in enumerate(scenarios):
        share = within(progress, 0.9 * place / n, 0.9 * (place + 1) / n)
        world, allowed = opened(scenario, within(share, 0.0, 0.1))
        systems.append(build(world, allowed.design, within(share, 0.1, 0.6)))
        reports.append(evaluate(systems[-1], panel(allowed, users), within(share, 0.6, 1.0)))
    progress("timing the designs in turn", 0.9)
    timings = measure_interleaved(systems, requests) if requests else [None] * n
    designs = []
    for place, (system, report, timing) in enumerate(zip(systems, reports, timings, strict=True)):
        own = replace(scenarios[place], design=system.design)
        told = {"name": _LETTERS[place]} | told_design(own)
        told["figures"] = named(figures_of(report, timing))
        if place:
            less: dict[str, Any] = {**differences_of(compared(reports[0], report))}
            if timing is not None and timings[0] is not None:
                less |= compare_timings(timings[0], timing)
            told["less_a"] = {
                name: figure(one) | {"inside_noise": inside_noise(one)}
                for name, one in less.items()
            }
        designs.append(told)
    return designs


def _table(designs: list[dict[str, Any]]) -> str:
    lines = [f"{one['name']}: {one['design']}" for one in designs]
    told = designs[0]["figures"]
    names = [*_SHOWN, *(name for name in told if name.startswith("lost in") or name in TIMES)]
    rows = []
    for name in names:
        for one in designs:
            less = one.get("less_a", {}).get(name, {})
            known = less.get("low") == less.get("low")  # which a NaN is not
            noise = "inside the noise" if known and less.get("inside_noise") else ""
            value = one["figures"][name]["value"]
            bounds = [less.get(part) for part in ("value", "low", "high")]
            label = f"{name}, ms" if name in TIMES else name
            rows.append([label if one is designs[0] else "", one["name"], value, *bounds, noise])
    return "\n".join(lines) + "\n\n" + as_table(_HEADS, rows)
