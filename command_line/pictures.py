"""``pictures``: the README's pictures of the two-stage page, taken of the running app."""

from __future__ import annotations

import click


@click.command(short_help="take the README's pictures again")
@click.option(
    "--theme", "themes", multiple=True, type=click.Choice(["light", "dark"]),
    help="Only this theme; both without it.",
)  # fmt: skip
def pictures(themes: tuple[str, ...]) -> None:
    """Start the app, wait until its main page is measured, and photograph it for the README.

    Needs Chromium and what `make test` installs. Times in it are of this machine: run it where
    nothing else does.
    """
    try:
        # The folder of the same name hides the module from mypy.
        from docs.pictures import THEMES, take  # type: ignore[attr-defined]
    except ModuleNotFoundError as error:
        raise RuntimeError(
            f"{error.name} is missing: pip install -r requirements-dev.txt"
        ) from error
    for line in take(themes or THEMES):
        click.echo(line)
