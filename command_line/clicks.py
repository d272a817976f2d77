"""``clicks``: judge, time and sell by one ad click model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from command_line.choices import (
    SHIPPED_LOG,
    output_options,
    requests_option,
    scenario_of,
    scenario_options,
)
from command_line.printing import FIGURE_HEADS, as_json, as_table, figure_rows, named, put
from command_line.progress import progress_line
from engine.ad_study import PREFIX
from engine.clicks import affordable, measure_clicks, open_clicks, run_auction, run_clicks
from engine.measurement import this_machine
from engine.progress import within

_SOLD = ("welfare_regret", "revenue_regret", "forecast_ratio")


@click.command(short_help="judge, time and sell by one ad click model")
@scenario_options
@click.option("--shipped", is_flag=True, help="The small click log that ships.")
@requests_option
@output_options
def clicks(
    choices: tuple[str, ...],
    link: str | None,
    shipped: bool,
    requests: int,
    wants_json: bool,
    out: Path | None,
    quiet: bool,
) -> None:
    """Judge an ad click model on a log whose true click probabilities are known.

    Choices are named as in a link, such as model=logistic negatives=0.05 correct=0
    calibration=platt log.base_rate=0.1 auction.ads=50.
    """
    log = SHIPPED_LOG if shipped else ()
    study = scenario_of(link, (*log, *choices), PREFIX).ads
    with progress_line(quiet) as progress:
        opened = open_clicks(study.log, progress=within(progress, 0.0, 0.2))
        report = run_clicks(opened, study.design, progress=within(progress, 0.2, 0.9))
        progress("selling by the predictions", 0.9)
        sold = run_auction(opened, study.design, affordable(study.auction))
        progress("timing single requests", 0.95)
        ads = study.auction.ads
        timing = measure_clicks(opened, study.design, ads, requests) if requests else None
    for note in report.notes:
        click.echo(f"note: {note}", err=True)
    figures: dict[str, Any] = {**report, **{name: sold[name] for name in _SOLD}}
    if timing is not None:
        figures |= {"p50": timing.p50, "p95": timing.p95, "p99": timing.p99}
    if wants_json:
        told = {"choices": study.to_query(), "machine": str(this_machine()), "rows": report.rows}
        put(as_json(told | {"figures": named(figures), "ceiling": report.ceiling}), out)
        return
    ceiling = report.ceiling["attainable"]
    rows = [[*row, ceiling.get(str(row[0]))] for row in figure_rows(figures)]
    put(f"{this_machine()}\n\n{as_table((*FIGURE_HEADS, 'attainable'), rows)}", out)
