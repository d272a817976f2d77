"""All commands under one name, and what becomes of errors: one line, and a status."""

from __future__ import annotations

import sys
from typing import Any

import click

from command_line.clicks import clicks
from command_line.code import code
from command_line.compare import compare
from command_line.gallery import gallery
from command_line.pictures import pictures
from command_line.report import report
from command_line.run import run
from command_line.sweep import sweep
from command_line.world import world

WRONG, FAILED = 2, 1
"""Status of a wrong argument, and of anything else that went wrong."""


class Commands(click.Group):
    """A group of commands that tells each error in one line."""

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        """As click's own, but for how errors are told."""
        try:
            status: Any = super().main(*args, standalone_mode=False, **extra)  # type: ignore[call-overload]
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.message, err=True)
            sys.exit(WRONG)
        except click.ClickException as error:
            _tell(error.format_message())
            sys.exit(WRONG if isinstance(error, click.UsageError) else FAILED)
        except click.Abort:
            _tell("stopped")
            sys.exit(FAILED)
        except ValueError as error:  # what the library says of an argument
            _tell(str(error))
            sys.exit(WRONG)
        except RuntimeError as error:  # what the machine could not do
            _tell(str(error))
            sys.exit(FAILED)
        # What `Exit` was raised with, such as after --help, or what a command returned.
        sys.exit(status if isinstance(status, int) else 0)


def _tell(message: str) -> None:
    click.echo(f"error: {' '.join(message.split())}", err=True)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Two-stage recommenders and ad click models in a world whose truth is known.

    A design is told as in a link of the app: by --link, with an address or its query, and by
    choices such as candidates=500 index.ef_search=100 ranker=logistic world.users=2000.
    """


for command in (world, run, sweep, compare, clicks, report, code, gallery, pictures):
    commands.add_command(command)
