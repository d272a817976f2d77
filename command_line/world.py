"""``world``: make a world, say what it holds, and save it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from command_line.choices import scenario_of
from command_line.printing import as_json, as_table, put
from command_line.progress import progress_line
from engine.sample import open_world
from engine.world import save_world
from engine.world.statistics import STATISTICS, describe


@click.command(short_help="make a world and say what it holds")
@click.argument("choices", metavar="[NAME=VALUE]...", nargs=-1)
@click.option("--json", "wants_json", is_flag=True, help="JSON instead of a table.")
@click.option(
    "-o",
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder to save the world to, as `engine.world.load_world` reads it.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress.")  # fmt: skip
def world(choices: tuple[str, ...], wants_json: bool, out: Path | None, quiet: bool) -> None:
    """Make a world, such as `world seed=8 users=2000 items=5000`, and say what it holds.

    Without a choice it is the one that ships. One that was made before is read back.
    """
    named = [text if text.startswith("seed=") else f"world.{text}" for text in choices]
    config = scenario_of(None, named).world
    with progress_line(quiet) as progress:
        made = open_world(config, progress=progress)
    figures = describe(made)
    if wants_json:
        put(as_json({"config": asdict(config), "figures": figures}), None)
    else:
        sizes = [["seed", str(config.seed)], ["users", f"{config.users:,}"]]
        sizes += [["items", f"{config.items:,}"], ["impressions", f"{config.impressions:,}"]]
        told = [[one.meaning, format(figures[name], one.style)] for name, one in STATISTICS.items()]
        put(as_table(["figure", "value"], sizes + told), None)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        save_world(made, out)
        click.echo(f"saved to {out}", err=True)
