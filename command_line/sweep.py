"""``sweep``: several values of a choice, judged on the same users and timed in turn."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import click
import pandas as pd

from command_line.choices import scenario_of, scenario_options, users_option
from command_line.judged import panel
from command_line.printing import as_csv, as_json, as_table, put
from command_line.progress import progress_line
from engine.progress import within
from engine.sample import open_world
from engine.scenario import Scenario
from engine.sweep import sweep as judged

SHOWN = ("ndcg@10", "loss_generation", "loss_index", "loss_ranking", "ann_recall", "auc")
TIMES = ("p50_ms", "p95_ms", "memory_bytes")
_MOST = 200


@click.command(short_help="judge several values of a choice")
@scenario_options
@click.option(
    "--over",
    "overs",
    multiple=True,
    required=True,
    metavar="NAME=V1,V2,...",
    help="Values of one choice, such as candidates=50,100,200; given twice, each with each.",
)
@users_option
@click.option("--requests", default=200, show_default=True, help="Of each design that are timed.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="A table shows some figures; the others hold all, with intervals.",
)
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file instead.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress.")  # fmt: skip
def sweep(
    choices: tuple[str, ...],
    link: str | None,
    overs: tuple[str, ...],
    users: int | None,
    requests: int,
    form: str,
    out: Path | None,
    quiet: bool,
) -> None:
    """Judge several values of a choice, on the same users, and time them in turn."""
    names, scenarios = _scenarios(scenario_of(link, choices), overs)
    if len({scenario.world for scenario in scenarios}) > 1:
        raise click.UsageError("--over: must be a choice of the design; a sweep has one world")
    with progress_line(quiet) as progress:
        world = open_world(scenarios[0].world, progress=within(progress, 0.0, 0.1))
        designs = [scenario.design for scenario in scenarios]
        asked = panel(scenarios[0], users)
        frame = judged(world, designs, within(progress, 0.1, 1.0), asked, requests)
    put(_written(frame, names, form), out)


def _scenarios(base: Scenario, overs: tuple[str, ...]) -> tuple[list[str], list[Scenario]]:
    """The names that vary, and the scenario of each combination of their values."""
    values = {}
    for over in overs:
        name, equals, listed = over.partition("=")
        values[name] = [value.strip() for value in listed.split(",") if value.strip()]
        if not (equals and values[name]):
            raise click.UsageError(f"--over {over!r}: must be such as candidates=50,100,200")
    combinations = list(product(*values.values()))
    if len(combinations) > _MOST:
        raise click.UsageError(f"--over: {len(combinations)} designs: must be at most {_MOST}")
    query = "&".join(f"{name}={value}" for name, value in base.spelled_out().items())
    found = []
    for combination in combinations:
        chosen = [f"{name}={value}" for name, value in zip(values, combination, strict=True)]
        found.append(scenario_of(query, chosen))
    return list(values), found


def _written(frame: pd.DataFrame, names: list[str], form: str) -> str:
    heads = [*frame.columns]
    if form == "table":
        known = [name for name in names if name in heads]
        heads = [*known, *SHOWN[:1], "± 95%", *SHOWN[1:], *TIMES]
        frame = frame.assign(**{"± 95%": (frame["ndcg@10_high"] - frame["ndcg@10_low"]) / 2})
    rows = frame[heads].to_numpy(dtype=object).tolist()
    if form == "json":
        return as_json([dict(zip(heads, row, strict=True)) for row in rows])
    return (as_csv if form == "csv" else as_table)(heads, rows)
