"""The code of a view: it holds the view's choices, is formatted, and needs the front door alone."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

import engine
from engine.ad_study import AdStudy
from engine.as_python import PAGES
from engine.clicks import SAMPLE_CONFIG
from engine.evaluation import PANEL_USERS
from engine.scenario import Scenario
from tests.engine.test_scenario import scenarios

ODD = Scenario(
    world=engine.WorldConfig(users=120, items=300, impressions=20_000, seed=3),
    design=engine.Design(
        generator=engine.MF(factors=8),
        index=engine.IVFPQ(nprobe=3, refine=0),
        candidates=40,
        ranker=engine.DCN(layers=1),
        rerank=engine.Rules(diversity=0.5),
        training=engine.Training(rows=5_000, without=("ids",)),
    ),
    pins=(engine.Design(generator="popularity", ranker="none"), engine.Design(candidates=50)),
    ads=AdStudy(
        design=engine.ClickDesign(model=engine.FM(factors=4), negatives=0.05, correct=False),
        pins=(engine.ClickDesign(calibration="isotonic"),),
    ),
    vectors=engine.VectorData(kind="isotropic", n=2_000),
)
LONGEST = 20
"""Lines of a view of one default design: a dozen, and room to breathe."""

each_page = pytest.mark.parametrize("page", PAGES)


def assigned_in(code: str) -> dict[str, ast.expr]:
    """Name -> the expression that it is given first."""
    found: dict[str, ast.expr] = {}
    for node in ast.parse(code).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found.setdefault(node.targets[0].id, node.value)
    return found


def value_of(expression: ast.expr) -> Any:
    """A configuration that stands in code."""
    return eval(ast.unparse(expression), {"engine": engine, "__builtins__": {}})


def shown_on(page: str, scenario: Scenario) -> list[Any]:
    """The designs that a page shows, pinned ones first."""
    pins, study = scenario.pins, scenario.ads
    if page == "overview":
        return [scenario.design]
    if page == "ctr":
        return [*study.pins, study.design]
    if page == "compare" and (pins or study.pins):
        return [*(pins or study.pins)]  # what stands first where both are pinned
    return [*pins, scenario.design]


@each_page
@given(scenario=scenarios())
@settings(max_examples=25)
def test_code_reads_back_as_the_choices_of_the_view(page: str, scenario: Scenario) -> None:
    found = assigned_in(engine.as_python(scenario, page))
    shown = shown_on(page, scenario)
    if "designs" in found:
        assert list(value_of(found["designs"]).values()) == shown
    else:
        assert value_of(found["design"]) == shown[-1]
        assert page != "compare" or not (scenario.pins or scenario.ads.pins)
    if "world" in found and scenario.world != engine.WorldConfig():
        assert isinstance(found["world"], ast.Call)
        assert value_of(found["world"].args[0]) == scenario.world


@each_page
def test_code_needs_nothing_but_the_front_door(page: str) -> None:
    for scenario in (Scenario(), ODD):
        tree = ast.parse(engine.as_python(scenario, page))
        modules = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        assert [ast.unparse(node) for node in modules] == ["import engine"]
        used = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "engine"
        }
        assert used
        assert used <= set(engine.__all__)


@each_page
def test_view_of_one_design_takes_about_a_dozen_lines(page: str) -> None:
    assert len(engine.as_python(Scenario(), page).splitlines()) <= LONGEST


def test_a_formatter_leaves_the_code_as_it_is(tmp_path: Path) -> None:
    for page in PAGES:
        for name, scenario in {"usual": Scenario(), "odd": ODD}.items():
            (tmp_path / f"{page}_{name}.py").write_text(engine.as_python(scenario, page))
    for width in ("88", "100"):
        command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", width]
        run = subprocess.run(
            [*command, "--diff", str(tmp_path)], capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stdout + run.stderr


def test_shipped_world_and_log_are_loaded_and_others_made() -> None:
    assert "engine.load_sample()" in engine.as_python(Scenario(), "two_stage")
    assert "seed=3" in engine.as_python(ODD, "two_stage")
    shipped = Scenario(ads=AdStudy(log=SAMPLE_CONFIG))
    assert "engine.load_clicks()" in engine.as_python(shipped, "ctr")
    assert "engine.make_clicks(" in engine.as_python(Scenario(), "ctr")


def test_panel_is_the_pages_own_and_no_larger_than_the_world() -> None:
    assert f"users={PANEL_USERS}" in engine.as_python(Scenario(), "ranking")
    assert "users=120" in engine.as_python(ODD, "ranking")


def test_view_without_pins_leaves_comparing_out() -> None:
    alone = replace(ODD, pins=(), ads=replace(ODD.ads, pins=()))
    for page in PAGES:
        assert "compare(" not in engine.as_python(alone, page)


def test_unknown_page_is_named() -> None:
    with pytest.raises(ValueError, match=r"^page='machines': must be one of overview, two_stage"):
        engine.as_python(Scenario(), "machines")
