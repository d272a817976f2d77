"""``run``: build, judge and time one design."""

from __future__ import annotations

from pathlib import Path

import click

from command_line.choices import (
    output_options,
    requests_option,
    scenario_of,
    scenario_options,
    users_option,
)
from command_line.judged import figures_of, opened, panel, told_design
from command_line.printing import FIGURE_HEADS, as_json, as_table, figure_rows, named, put
from command_line.progress import progress_line
from engine.evaluation import evaluate
from engine.measurement import measure, this_machine
from engine.pipeline import build
from engine.progress import within


@click.command(short_help="build, judge and time one design")
@scenario_options
@users_option
@requests_option
@output_options
def run(
    choices: tuple[str, ...],
    link: str | None,
    users: int | None,
    requests: int,
    wants_json: bool,
    out: Path | None,
    quiet: bool,
) -> None:
    """Build, judge and time one design; the default one without a choice.

    Figures of quality are simulated, and repeat; times are measured on this machine. A p99 is
    told from 1,000 requests on.
    """
    scenario = scenario_of(link, choices)
    with progress_line(quiet) as progress:
        world, scenario = opened(scenario, within(progress, 0.0, 0.1))
        system = build(world, scenario.design, within(progress, 0.1, 0.6))
        report = evaluate(system, panel(scenario, users), within(progress, 0.6, 0.9))
        progress("timing single requests", 0.9)
        timing = measure(system, requests) if requests else None
    figures = figures_of(report, timing)
    told = told_design(scenario) | {"machine": str(this_machine())}
    memory = 0 if system.index is None else system.index.memory_bytes
    if wants_json:
        more = {"figures": named(figures), "ceiling": report.ceiling, "memory_bytes": memory}
        put(as_json(told | more), out)
        return
    rows = figure_rows(figures)
    rows.append(["index memory, bytes", memory, None, None, None, "measured"])
    put(f"{told['design']}\n{told['machine']}\n\n{as_table(FIGURE_HEADS, rows)}", out)
