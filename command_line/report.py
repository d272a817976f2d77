"""``report``: a page of the app as a file, without the app and without a browser open."""

from __future__ import annotations

from pathlib import Path

import click

from command_line.choices import page_of, scenario_of, scenario_options
from command_line.progress import progress_line
from engine.as_python import PAGES
from engine.progress import within

PATIENCE_S = 600


@click.command(short_help="write a page of the app to a file")
@scenario_options
@click.option("--page", type=click.Choice(PAGES), help="Of the app; by default the link's own.")
@click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="FILE.html, .md with its pictures beside it, .zip of both, or .png of the whole page.",
)
@click.option("--dark", is_flag=True, help="In the dark theme.")
@click.option("--chart", "charts", multiple=True, help="Only this chart; may be given again.")
@click.option(
    "--patience",
    default=PATIENCE_S,
    show_default=True,
    type=click.IntRange(10, 7_200),
    help="Seconds until it is written with what is known.",
)
@click.option("-q", "--quiet", is_flag=True, help="No progress.")  # fmt: skip
def report(
    choices: tuple[str, ...],
    link: str | None,
    page: str | None,
    out: Path,
    dark: bool,
    charts: tuple[str, ...],
    patience: int,
    quiet: bool,
) -> None:
    """Write what a page of the app shows to a file, once all of it is measured.

    Its pictures are drawn by Chromium, which must be installed; nothing is asked of a network.
    """
    from command_line.chromium import chromium
    from command_line.page_run import app, run_page
    from command_line.rendering import FORMS, chosen, written

    if out.suffix.lower() not in FORMS:
        raise click.UsageError(f"out={out.name!r}: must end in one of {', '.join(FORMS)}")
    scenario = scenario_of(link, choices)
    chromium()  # before long work is done for nothing
    with progress_line(quiet) as progress, app():
        page = page or page_of(link) or "two_stage"
        seen = run_page(page, scenario, patience, within(progress, 0.0, 0.9))
        for line in seen.repairs:
            click.echo(f"design: {line}", err=True)
        if seen.awaited:
            click.echo(f"not known after {patience} s: {'; '.join(seen.awaited)}", err=True)
        document = chosen(seen.document, charts) if charts else seen.document
        progress("drawing the charts", 0.9)
        files = written(document, seen.widths, "dark" if dark else "light", out)
    for file in files:
        click.echo(str(file))
