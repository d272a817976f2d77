"""Generators side by side: what each can give a ranker, to whom, and at what price."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.design import Design
from engine.evaluation import GRID, Evaluator, PerUser, Report, evaluator_for
from engine.evaluation.report import coverage
from engine.evaluation.slates import exposure_gini
from engine.figures import Estimate
from engine.fitting import fitted_generator
from engine.generators import GeneratorConfig
from engine.index import Exact
from engine.intervals import mean_estimate
from engine.log import split_days
from engine.pipeline import System, build, exclusions
from engine.progress import Progress, silent, within
from engine.rankers import NoRanker
from engine.sample import SAMPLE
from engine.store import PartStore, default_store
from engine.world import World

GENERATORS_FILE = SAMPLE / "generators.csv"
GROUPS = ("all", "warm", "cold")
"""Users of the panel: all, those with a click before serving begins, and those without."""
COMPARED = ("ceiling", "recall", "ndcg")
"""Figures of users, by which one generator may lead; see `compare_generators`."""
FIGURES = (*COMPARED, "novelty", "coverage", "exposure_gini")
_DEFAULT_CANDIDATES = Design().candidates


class _Rows(NamedTuple):
    """A generator judged: its system, its report, and seconds of its fit."""

    system: System
    report: Report
    seconds: float


def left_out(configs: Sequence[GeneratorConfig], items: int) -> dict[str, str]:
    """Name of each generator that a catalogue of so many items rules out -> why."""
    reasons = {config.name: config.why_not(items) for config in configs}
    return {name: why for name, why in reasons.items() if why}


def compare_generators(
    world: World,
    configs: Sequence[GeneratorConfig],
    candidates: int = _DEFAULT_CANDIDATES,
    users: int = 500,
    progress: Progress = silent,
    store: PartStore | None = None,
) -> pd.DataFrame:
    """Fit each generator and judge its own ``candidates`` best items, without index and ranker.

    Those that `left_out` names are left out.

    Returns
    -------
    A row a generator and group of users, in the order given and of `GROUPS`; a group without
    users has none.

    - ``generator``, ``group``, ``candidates``; ``users`` who have something to judge.
    - Each of `FIGURES` (simulated) with ``_low`` and ``_high``: ``ceiling``, the true NDCG@10
      of the best slate among the candidates; ``recall`` of the true top-10 among them;
      ``ndcg``, the true NDCG@10 of the generator's own order; ``novelty`` of its ten best in
      bits; ``coverage`` and ``exposure_gini`` of them over the catalogue. The last two change
      with the number of users: compare them within a group only.
    - For each of `COMPARED`, ``_behind`` with ``_behind_low`` and ``_behind_high``: how far the
      group's best generator is ahead, paired by user; 0 for itself.
    - ``fit_seconds`` (measured when it was fitted) and ``memory_bytes`` of the fit;
      ``reach``, the share of the catalogue that it can propose; ``places_new_items``;
      ``unknown_users`` and ``unknown_items``, a sentence each.

    Raises
    ------
    ValueError : candidates or users that the world does not have.
    """
    store = store or default_store()
    evaluator = evaluator_for(world, users, store, within(progress, 0.0, 0.1))
    masks = _groups(evaluator, store)
    rows: list[dict[str, object]] = []
    reports: dict[str, Report] = {}
    for config, share in _shares(world, configs, within(progress, 0.1, 1.0)):
        judged = _judged(world, config, candidates, evaluator, store, share)
        reports[config.name] = judged.report
        rows += [_row(judged, group, mask) for group, mask in masks.items()]
    progress("ready", 1.0)
    return _with_distances(pd.DataFrame(rows), reports, masks)


def candidate_curves(
    world: World,
    configs: Sequence[GeneratorConfig],
    grid: Sequence[int] = GRID,
    users: int = 500,
    progress: Progress = silent,
    store: PartStore | None = None,
) -> pd.DataFrame:
    """Ceiling and recall of each generator over the number of candidates.

    Returns
    -------
    A row a generator, group and number of candidates: ``generator``, ``group``,
    ``candidates``, ``users``, ``ceiling`` and ``recall`` with ``_low`` and ``_high``, as in
    `compare_generators`. Numbers beyond the catalogue are left out, and so are the generators
    that `left_out` names.
    """
    store = store or default_store()
    evaluator = evaluator_for(world, users, store, within(progress, 0.0, 0.1))
    masks = _groups(evaluator, store)
    rows: list[dict[str, object]] = []
    for config, share in _shares(world, configs, within(progress, 0.1, 1.0)):
        system = _system(world, config, min(grid), store, within(share, 0.0, 0.5))
        evaluator.prepare(system, within(share, 0.5, 1.0))
        for n in (n for n in grid if n <= len(world.items)):
            cut = evaluator.exact(system, n)
            found = {"ceiling": evaluator.best_ndcg(cut), "recall": evaluator.recall(cut)}
            for group, mask in masks.items():
                figures = {name: mean_estimate(values[mask]) for name, values in found.items()}
                row = {"generator": config.name, "group": group, "candidates": n}
                rows.append(row | {"users": figures["ceiling"].n} | _columns(figures))
    progress("ready", 1.0)
    return pd.DataFrame(rows)


def generator_differences(
    world: World,
    a: GeneratorConfig,
    b: GeneratorConfig,
    candidates: int = _DEFAULT_CANDIDATES,
    users: int = 500,
    group: str = "all",
    progress: Progress = silent,
    store: PartStore | None = None,
) -> dict[str, Estimate]:
    """What generator b has more of than a, paired by user: ceiling, recall, ndcg and novelty.

    Raises
    ------
    ValueError : a generator that the catalogue rules out, candidates or users that the world
        does not have, or a group without users.
    """
    store = store or default_store()
    evaluator = evaluator_for(world, users, store, within(progress, 0.0, 0.1))
    masks = _groups(evaluator, store)
    if group not in masks:
        raise ValueError(f"group={group!r}: must be one of {', '.join(masks)}")
    of_a, of_b = (
        _per_user(_judged(world, config, candidates, evaluator, store, share).report.per_user)
        for config, share in ((a, within(progress, 0.1, 0.5)), (b, within(progress, 0.5, 1.0)))
    )
    return {name: mean_estimate((of_b[name] - of_a[name])[masks[group]]) for name in of_a}


def load_generators() -> pd.DataFrame:
    """The generators in the shipped world and others, judged by `make retrieval`.

    Columns: ``world``, "default" or the name of another; ``study``, "comparison" or "curve";
    those of `compare_generators` or of `candidate_curves`, NaN where the study has none;
    ``machine`` and ``measured_on``, a date.

    Raises
    ------
    ValueError : the file is missing or cannot be read; the error names the remedy.
    """
    try:
        return pd.read_csv(GENERATORS_FILE)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{GENERATORS_FILE.name}: {type(error).__name__}; make it again with `make retrieval`"
        ) from error


def _shares(
    world: World, configs: Sequence[GeneratorConfig], progress: Progress
) -> Iterator[tuple[GeneratorConfig, Progress]]:
    """The generators that can be fitted, each with its share of the progress."""
    out = left_out(configs, len(world.items))
    fitting = [config for config in configs if config.name not in out]
    for place, config in enumerate(fitting):
        yield config, within(progress, place / len(fitting), (place + 1) / len(fitting))


def _groups(evaluator: Evaluator, store: PartStore) -> dict[str, NDArray[np.bool_]]:
    """Which rows of the panel are in each group that has any."""
    offsets = exclusions(evaluator.panel.world, store).offsets
    warm = np.diff(offsets)[evaluator.panel.users] > 0
    masks = dict(zip(GROUPS, (np.ones_like(warm), warm, ~warm), strict=True))
    return {name: mask for name, mask in masks.items() if mask.any()}


def _system(
    world: World, config: GeneratorConfig, candidates: int, store: PartStore, progress: Progress
) -> System:
    design = Design(config, Exact(), candidates=candidates, ranker=NoRanker())
    return build(world, design, progress, store)


def _judged(
    world: World,
    config: GeneratorConfig,
    candidates: int,
    evaluator: Evaluator,
    store: PartStore,
    progress: Progress,
) -> _Rows:
    serving = split_days(world.config.days).serving[1]
    # First, so that what the fit says is heard before what the ranker needs is made.
    fitted = fitted_generator(world, config, serving, store, within(progress, 0.0, 0.4))
    system = _system(world, config, candidates, store, within(progress, 0.4, 0.8))
    progress(f"judging {config.name}", 0.8)
    return _Rows(system, evaluator.report(system), fitted.seconds)


def _per_user(per_user: PerUser) -> dict[str, NDArray[np.float64]]:
    """The figures that are means over users, (n,) each."""
    return {
        "ceiling": 1.0 - per_user.loss.generation,
        "recall": per_user.recall,
        "ndcg": per_user.ndcg,
        "novelty": per_user.novelty,
    }


def _row(judged: _Rows, group: str, mask: NDArray[np.bool_]) -> dict[str, object]:
    system, report, evidence = judged.system, judged.report, judged.report.evidence
    assert evidence is not None, "a report of an evaluator has it"
    config, generator, items = system.design.generator, system.generator, evidence.items
    slates = evidence.slates[mask]
    figures = {name: mean_estimate(v[mask]) for name, v in _per_user(report.per_user).items()} | {
        "coverage": coverage(slates, items),
        "exposure_gini": exposure_gini(slates, items),
    }
    return {
        "generator": config.name,
        "group": group,
        "candidates": system.design.candidates,
        "users": figures["ceiling"].n,
        **_columns(figures),
        "fit_seconds": judged.seconds,
        "memory_bytes": generator.memory_bytes,
        "reach": len(generator.known_items()) / items,
        "places_new_items": config.places_new_items,
        "unknown_users": config.unknown_users,
        "unknown_items": config.unknown_items,
    }


def _with_distances(
    frame: pd.DataFrame, reports: Mapping[str, Report], masks: Mapping[str, NDArray[np.bool_]]
) -> pd.DataFrame:
    """The frame, and how far the best of each group is ahead of each row."""
    values = {name: _per_user(report.per_user) for name, report in reports.items()}
    for figure in COMPARED:
        distances = []
        best = _best_of_groups(frame, figure)
        for name, group in zip(frame["generator"], frame["group"], strict=True):
            mask, ahead = masks[group], best[group]
            difference = mean_estimate((values[ahead][figure] - values[name][figure])[mask])
            distances.append(_columns({f"{figure}_behind": difference}))
        frame = frame.join(pd.DataFrame(distances, index=frame.index))
    return frame


def _best_of_groups(frame: pd.DataFrame, figure: str) -> dict[str, str]:
    """Group -> the generator of its highest figure, the earlier among equals."""
    ordered = frame.sort_values(figure, ascending=False, kind="stable", na_position="last")
    return dict(ordered.groupby("group")["generator"].first())


def _columns(figures: Mapping[str, Estimate]) -> dict[str, float]:
    columns: dict[str, float] = {}
    for name, figure in figures.items():
        columns |= {name: figure.value, f"{name}_low": figure.low, f"{name}_high": figure.high}
    return columns
