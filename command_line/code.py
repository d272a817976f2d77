"""``code``: a view as the lines of Python that work its figures out again."""

from __future__ import annotations

import click

from command_line.choices import page_of, scenario_of, scenario_options
from engine.as_python import PAGES, as_python


@click.command(short_help="print a view as lines of Python")
@scenario_options
@click.option("--page", type=click.Choice(PAGES), help="Of the app; by default the link's own.")
def code(choices: tuple[str, ...], link: str | None, page: str | None) -> None:
    """Print a view as the lines of Python that work its figures out again."""
    scenario = scenario_of(link, choices)
    click.echo(as_python(scenario, page or page_of(link) or "two_stage"), nl=False)
