"""A view as the lines of Python that work its figures out again, in a notebook."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

from engine.clicks import SAMPLE_CONFIG, Auction, ClickDesign, ClickLogConfig, affordable
from engine.code_text import Expression, assigned, call, dictionary, listed, literal
from engine.design import Design
from engine.evaluation import PANEL_USERS
from engine.pins import LETTERS
from engine.retrieval import VectorData
from engine.scenario import Scenario
from engine.training import Training
from engine.world import WorldConfig


def as_python(scenario: Scenario, page: str) -> str:
    """Code that works out again what a page shows of a scenario, by names of the front door.

    Simulated figures come out the same; measured ones are taken anew, on the machine that runs it.

    Parameters
    ----------
    scenario : as a page holds it, its designs repaired to what their world allows.
    page : of `PAGES`.

    Returns
    -------
    Lines that end in a newline, formatted as ruff and black would.

    Raises
    ------
    ValueError : an unknown page.
    """
    if page not in PAGES:
        raise ValueError(f"page={page!r}: must be one of {', '.join(PAGES)}")
    return "\n".join(["import engine", "", *PAGES[page](scenario)]) + "\n"


# Pages ------------------------------------------------------------------------------------------


def _overview(scenario: Scenario) -> list[str]:
    return [
        *_one_system(scenario),
        f"walk = engine.walk(system, user={literal(scenario.user)})",
        "timing = engine.measure(system)  # on your machine",
        "",
        "print(walk.slate, walk.ndcg, walk.loss)",
        "print({stage: len(items) for stage, items in walk.survivors.items()})",
        "print(timing.p50, timing.p95, timing.p99)",
    ]


def _two_stage(scenario: Scenario) -> list[str]:
    if scenario.pins:
        return _designs_compared(scenario, _lettered(scenario.pins, scenario.design))
    has_index = scenario.design.generator.has_vectors
    return [
        *_one_system(scenario),
        assigned("report", _evaluated(scenario)),
        "timing = engine.measure(system)  # on your machine",
        "",
        'print(*report.items(), sep="\\n")',
        "print(report.loss)",
        "print(timing.p50, timing.p95, timing.p99)",
        *(["print(system.index.memory_bytes)"] if has_index else []),
        f"print(system.recommend(user={literal(scenario.user)}).items)",
    ]


def _ranking(scenario: Scenario) -> list[str]:
    if not scenario.pins:
        return [
            *_one_system(scenario),
            assigned("report", _evaluated(scenario)),
            "[timing] = engine.measure_ranking([system])  # on your machine",
            "",
            'for name in ("ndcg@10", "auc", "log_loss", "normalized_entropy"):',
            "    print(name, report[name])",
            'print(report.loss["ranking"])  # what of the candidates it misplaces',
            "print(timing.at(design.candidates, 95).sum())  # ms of features and scores",
            "print(system.learned.rows, system.learned.seconds)",
        ]
    return [
        *_several_systems(scenario, _lettered(scenario.pins, scenario.design)),
        "times = engine.measure_ranking(list(systems.values()))  # on your machine",
        "timings = dict(zip(systems, times, strict=True))",
        "",
        "for name, report in reports.items():",
        '    less = engine.compare(reports["A"], report)  # on the same users',
        '    for figure in ("ndcg@10", "auc", "log_loss", "normalized_entropy"):',
        "        print(name, figure, report[figure], less[figure])",
        "    print(timings[name].at(designs[name].candidates, 95).sum())  # ms",
    ]


def _retrieval(scenario: Scenario) -> list[str]:
    if not (scenario.vectors.synthetic or scenario.design.generator.has_vectors):
        return _generator_alone(scenario)
    pins = scenario.pins
    named = _lettered(pins, scenario.design)
    design = _several_designs(named) if pins else _one_design(scenario)
    indent, name = ("    ", "name, ") if pins else ("", "")
    return [
        _world(scenario),
        design,
        assigned("vectors", _differing(scenario.vectors, VectorData())),
        *(["", "for name, design in designs.items():"] if pins else []),
        f"{indent}search = engine.measure_search(world, design, vectors)",
        f"{indent}print({name}search.recall, search.top10)",
        f"{indent}print(search.p50, search.p95, search.p99)  # on your machine",
        f"{indent}print(search.memory_bytes, search.build_seconds)",
    ]


def _generator_alone(scenario: Scenario) -> list[str]:
    judged = call(
        "engine.compare_generators",
        "world",
        listed(["design.generator"]),
        candidates="design.candidates",
        users=_panel(scenario),
    )
    lines = [_world(scenario), _one_design(scenario), assigned("frame", judged)]
    return [*lines, "", "print(frame.T)"]


def _ctr(scenario: Scenario) -> list[str]:
    study = scenario.ads
    sold = [
        assigned("auction", _differing(affordable(study.auction), Auction())),
        "sold = engine.run_auction(clicks, design, auction)",
        f"timing = engine.measure_clicks(clicks, design, ads={literal(study.auction.ads)})",
        "",
        'print(sold["welfare_regret"], sold["revenue_regret"], sold["forecast_ratio"])',
        "print(timing.p50, timing.p95, timing.p99)  # on your machine",
    ]
    if scenario.ads.pins:
        compared = _clicks_compared(scenario, _lettered(study.pins, study.design))
        return [*compared, "", f'design = designs["{_HERE}"]', *sold]
    return [
        _clicks(scenario),
        assigned("design", _design(study.design)),
        "report = engine.run_clicks(clicks, design)",
        "for name in report:",
        '    print(name, report[name], report.ceiling["attainable"].get(name))',
        "",
        *sold,
    ]


def _compare(scenario: Scenario) -> list[str]:
    pins, click_pins = scenario.pins, scenario.ads.pins
    if not (pins or click_pins):
        return _two_stage(scenario)
    # The page shows what is pinned alone.
    designs = _designs_compared(scenario, _lettered(pins)) if pins else []
    clicks = _clicks_compared(scenario, _lettered(click_pins)) if click_pins else []
    return [*designs, *([""] if designs and clicks else []), *clicks]


PAGES: dict[str, Callable[[Scenario], list[str]]] = {
    "overview": _overview,
    "two_stage": _two_stage,
    "retrieval": _retrieval,
    "ranking": _ranking,
    "ctr": _ctr,
    "compare": _compare,
}
"""Name of a page -> its lines."""


# One design, or several -------------------------------------------------------------------------

_HERE = "here"
"""Name of the design that is looked at, beside those that are pinned."""


def _one_design(scenario: Scenario) -> str:
    return assigned("design", _design(scenario.design))


def _one_system(scenario: Scenario) -> list[str]:
    system = "system = engine.build(world, design)"
    return [_world(scenario), _one_design(scenario), system]


def _lettered(pins: Sequence[Design | ClickDesign], here: Any = None) -> dict[str, Expression]:
    """The pinned designs by their letters, and the one that is looked at where it is given."""
    named = {letter: _design(pin) for letter, pin in zip(LETTERS, pins, strict=False)}
    return named if here is None else named | {_HERE: _design(here)}


def _several_designs(designs: dict[str, Expression]) -> str:
    return assigned("designs", dictionary(designs))


def _several_systems(scenario: Scenario, designs: dict[str, Expression]) -> list[str]:
    return [
        _world(scenario),
        _several_designs(designs),
        "systems = {name: engine.build(world, design) for name, design in designs.items()}",
        "reports = {}",
        "for name, system in systems.items():",
        f"    reports[name] = {_evaluated(scenario)}",
    ]


def _designs_compared(scenario: Scenario, designs: dict[str, Expression]) -> list[str]:
    return [
        *_several_systems(scenario, designs),
        "times = engine.measure_interleaved(list(systems.values()))  # on your machine",
        "timings = dict(zip(systems, times, strict=True))",
        "",
        "for name, report in reports.items():",
        '    less = engine.compare(reports["A"], report)  # on the same users',
        '    slower = engine.compare_timings(timings["A"], timings[name])',
        "    for figure in less:",
        "        print(name, figure, report[figure], less[figure])",
        "    print(report.loss, less.loss)",
        '    print(timings[name].p95, slower["p95"], engine.inside_noise(slower["p95"]))',
    ]


def _clicks_compared(scenario: Scenario, designs: dict[str, Expression]) -> list[str]:
    return [
        _clicks(scenario),
        _several_designs(designs),
        "reports = {name: engine.run_clicks(clicks, design) for name, design in designs.items()}",
        "for name, report in reports.items():",
        '    less = engine.compare_clicks(reports["A"], report)  # on the same rows',
        "    for figure in less:",
        "        print(name, figure, report[figure], less[figure])",
    ]


# Values -----------------------------------------------------------------------------------------


def _world(scenario: Scenario) -> str:
    if scenario.world == WorldConfig():
        return "world = engine.load_sample()"
    config = _differing(scenario.world, WorldConfig())
    return assigned("world", call("engine.make_world", config))


def _clicks(scenario: Scenario) -> str:
    log = scenario.ads.log
    if log == SAMPLE_CONFIG:
        return "clicks = engine.load_clicks()"
    config = _differing(log, ClickLogConfig())
    return assigned("clicks", call("engine.make_clicks", config))


def _panel(scenario: Scenario) -> str:
    return literal(min(PANEL_USERS, scenario.world.users))


def _evaluated(scenario: Scenario) -> str:
    return f"engine.evaluate(system, users={_panel(scenario)})"


def _design(design: Design | ClickDesign) -> Expression:
    return _differing(design, type(design)())


def _differing(value: Any, usual: Any) -> Expression:
    """A configuration by what of it differs from the usual one."""
    given = {
        field.name: _argument(getattr(value, field.name), getattr(usual, field.name))
        for field in fields(value)
        if getattr(value, field.name) != getattr(usual, field.name)
    }
    return call(f"engine.{type(value).__name__}", **given)


def _argument(value: Any, usual: Any) -> Expression:
    """A knob, a part by name where its knobs are the usual, or a part with what differs."""
    if isinstance(value, Training):
        return _differing(value, usual)
    if not hasattr(value, "knobs"):
        return literal(value)
    own = type(value)()
    return literal(value.name) if value == own else _differing(value, own)
