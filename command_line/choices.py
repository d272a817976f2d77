"""What a command is asked for: a scenario from a link and from choices by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import click

from engine.as_python import PAGES
from engine.clicks import SAMPLE_CONFIG
from engine.scenario import Scenario

F = TypeVar("F", bound=Callable[..., Any])
_FAMILIES = ("generator", "index", "ranker", "rerank")
SHIPPED_LOG = tuple(
    f"ads.log.{name}={getattr(SAMPLE_CONFIG, name)}" for name in ("rows", "users", "sites", "ads")
)
"""Choices that turn to the click log that ships."""


def scenario_options(command: F) -> F:
    """``--link`` and choices by name, as arguments of a command."""
    command = click.option(
        "--link", metavar="LINK", help="An address of the app, or its query; what is wrong in it "
        "is repaired, and said.",
    )(command)  # fmt: skip
    return click.argument("choices", metavar="[NAME=VALUE]...", nargs=-1)(command)


users_option = click.option(
    "--users", type=int, help="Of the panel that judges; 500 where there are so many."
)
requests_option = click.option(
    "--requests", default=200, show_default=True, help="That are timed; 0 for none."
)


def output_options(command: F) -> F:
    """``--json``, ``--out`` and ``--quiet``."""
    for option in (
        click.option("-q", "--quiet", is_flag=True, help="No progress."),
        click.option(
            "-o", "--out", type=click.Path(dir_okay=False, path_type=Path),
            help="Write to this file instead.",
        ),
        click.option("--json", "wants_json", is_flag=True, help="JSON instead of a table."),
    ):  # fmt: skip
        command = option(command)
    return command


def scenario_of(link: str | None, choices: Iterable[str] = (), prefix: str = "") -> Scenario:
    """The scenario of a link, with choices on top.

    What of the link was repaired is told on standard error: it came from elsewhere. A choice was
    typed here, and must be right.

    Parameters
    ----------
    prefix : put before the name of each choice that does not have it.

    Raises
    ------
    click.UsageError : a link without a query, a choice that is not ``name=value``, an unknown
        name, or a value that is not allowed.
    """
    scenario, repairs = Scenario.from_query(query_of(link)) if link else (Scenario(), [])
    for line in repairs:
        click.echo(f"link: {line}", err=True)
    named = dict(_choice(text, prefix) for text in choices)
    if not named:
        return scenario
    chosen, wrong = Scenario.from_query(_with_choices(scenario, named))
    if wrong:
        raise click.UsageError(_refusal(wrong[0]))
    for name in named:
        _check_effect(name, chosen)
    return chosen


def query_of(link: str) -> dict[str, list[str]]:
    """The query of an address, or of what stands behind its question mark.

    Raises
    ------
    click.UsageError : nothing like a query in it.
    """
    parts = urlsplit(link.strip())
    query = parts.query or ("" if parts.scheme or "=" not in parts.path else parts.path)
    found = parse_qs(query, keep_blank_values=True)
    if not found and not page_of(link):
        raise click.UsageError(
            f"link={link[:60]!r}: must be an address of the app or a query such as candidates=500"
        )
    return found


def page_of(link: str | None) -> str | None:
    """The page that an address leads to, the first one without a path; None where it does not
    say."""
    parts = urlsplit((link or "").strip())
    if parts.path == "/" or (parts.scheme and not parts.path):
        return "overview"
    name = parts.path.rstrip("/").rpartition("/")[2]
    return name if name in PAGES else None


def _check_effect(name: str, scenario: Scenario) -> None:
    """A knob of a part that was not chosen does no harm in a link; typed, it is a slip."""
    parts = {family: getattr(scenario.design, family) for family in _FAMILIES}
    parts["ads.model"] = scenario.ads.design.model
    family, dot, knob = name.rpartition(".")
    if dot and family in parts and knob not in parts[family].knobs:
        raise click.UsageError(f"{name} means nothing to {family}={parts[family].name}")


def _refusal(repair: str) -> str:
    """What is wrong, of a line that tells how it was repaired."""
    line = re.sub(r": [\w.]+ is now [\w.,]*\w", "", repair)
    return line.removeprefix("The link's ").replace(" and is left out", "")


def _choice(text: str, prefix: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise click.UsageError(f"{text!r}: must be a choice such as candidates=500")
    return name if name.startswith(prefix) else prefix + name, value


def _with_choices(scenario: Scenario, named: Mapping[str, str]) -> dict[str, str]:
    """The scenario's query with other choices; a part that is chosen brings its own defaults."""
    query = scenario.spelled_out()
    for name in named:
        query = {key: text for key, text in query.items() if not key.startswith(f"{name}.")}
    if "world.users" in named and "user" not in named:
        query.pop("user", None)
    return query | dict(named)
