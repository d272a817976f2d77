"""Who may import whom, and what is nowhere to be found."""

from __future__ import annotations

import ast
import re
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import engine

ROOT = Path(__file__).parents[1]
TREES = ("engine", "command_line", "ui", "pages", "sample_data", "benchmarks", "scripts")
DOOR = "engine.__main__"
"""Begins the command line and nothing else, and is imported by nobody."""
# Each imports from itself and from what stands before it. A new module takes its place here.
ORDER = (
    *(
        "progress",
        "knobs",
        "seeding",
        "query",
        "pins",
        "packed_link",
        "topk",
        "pareto",
        "figures",
        "glossary",
        "metrics",
        "intervals",
        "latest",
    ),
    *("tokens", "table", "preparation", "jax_cpu", "lightgbm_alone"),
    *("world", "log", "generators", "index", "features", "rankers", "rerankers"),
    *(
        "store",
        "sample",
        "training",
        "example_notes",
        "design",
        "fitting",
        "pipeline",
        "single_stage",
    ),
    *(
        "evaluation",
        "walk",
        "search_walk",
        "explanation",
        "importance",
        "measurement",
        "comparison",
    ),
    "retrieval",
    *(
        "clicks",
        "ad_study",
        "scenario",
        "side_by_side",
        "presets",
        "grid",
        "sweep",
        "ladder",
        "frontier",
    ),
    *("child_process", "fitting_process", "live_measurement", "machines"),
    *("code_text", "as_python"),
)
KNOW_NOBODY = (
    "progress",
    "knobs",
    "seeding",
    "topk",
    "pareto",
    "figures",
    "metrics",
    "tokens",
    "table",
    "jax_cpu",
)
LEGACY_RANDOM = {"seed", "rand", "randn", "randint", "random", "choice", "shuffle", "permutation"}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


# Read when a test asks: the processes of a run that ask for nothing read nothing.
MODULES = {
    module_name(path): path
    for path in (*(p for t in TREES for p in sorted((ROOT / t).rglob("*.py"))), ROOT / "app.py")
}
ENGINE = [name for name in MODULES if name.split(".")[0] == "engine"]


@cache
def nodes(name: str) -> list[ast.AST]:
    """All that a module is made of."""
    return list(ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))))


@cache
def calls(name: str) -> list[tuple[ast.Call, str]]:
    """What a module calls, and by which name."""
    found = [node for node in nodes(name) if isinstance(node, ast.Call)]
    return [(call, ast.unparse(call.func)) for call in found]


def only_for_types(name: str) -> set[ast.AST]:
    """What stands under `if TYPE_CHECKING:`, which never runs."""
    return {
        inner
        for node in nodes(name)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }


@cache
def imports(name: str, running: bool = False) -> list[str]:
    """Modules that a module imports, those within functions included."""
    left_out = only_for_types(name) if running else set()
    found: list[str] = []
    for node in nodes(name):
        if node in left_out:
            continue
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}, line {node.lineno}: relative import"
            assert node.module is not None
            for alias in node.names:
                deeper = f"{node.module}.{alias.name}"
                found.append(deeper if deeper in MODULES else node.module)
    return found


def packages(name: str) -> set[str]:
    """The packages that a module imports from."""
    return {found.split(".")[0] for found in imports(name)}


def layer(module: str) -> str:
    """The part of the library that a module belongs to; empty for its front door."""
    return [*module.split("."), ""][1]


def test_library_imports_neither_streamlit_nor_what_stands_above_it() -> None:
    above = {"streamlit", "plotly", "click", "command_line", "ui", "pages", "app"}
    above |= {"tests", "benchmarks", "scripts"}
    for name in ENGINE:
        assert name == DOOR or above.isdisjoint(packages(name)), name


def test_door_of_the_command_line_leads_there_alone_and_is_imported_by_nobody() -> None:
    assert set(imports(DOOR)) == {"command_line.commands"}
    assert all(DOOR not in imports(name) for name in MODULES)


def test_every_part_of_the_library_has_its_place_in_the_order() -> None:
    parts = {layer(name) for name in ENGINE if name != DOOR} - {""}
    assert parts == set(ORDER), "declare a new module's place in ORDER"


def test_imports_within_the_library_run_one_way() -> None:
    for name in ENGINE:
        if not layer(name) or name == DOOR:
            continue
        place = ORDER.index(layer(name))
        for found in imports(name):
            if found.split(".")[0] == "engine":
                assert layer(found), f"{name} imports the front door"
                assert ORDER.index(layer(found)) <= place, f"{name} imports {found}"


@pytest.mark.parametrize("part", KNOW_NOBODY)
def test_what_stands_below_knows_nobody(part: str) -> None:
    for name in ENGINE:
        if layer(name) == part:
            known = {layer(found) for found in imports(name) if found.startswith("engine")}
            assert known <= {part}, name


def test_no_module_imports_itself_by_a_detour() -> None:
    graph = {
        name: {found for found in imports(name, running=True) if found in MODULES and found != name}
        for name in MODULES
    }
    TopologicalSorter(graph).prepare()  # raises CycleError, naming the circle


def test_docstring_tells_the_story_in_the_order_of_imports() -> None:
    story = (engine.__doc__ or "").split("::")[1].split("`metrics`")[0]
    outside_brackets = re.sub(r"\(.*?\)", "", story, flags=re.DOTALL)
    told = [word for word in re.findall(r"\w+", outside_brackets) if word in ORDER]
    assert len(told) > 10
    assert told == sorted(told, key=ORDER.index)


def test_pages_and_their_shared_parts_are_imported_by_nobody_below() -> None:
    for name in MODULES:
        if name.split(".")[0] not in ("app", "ui", "pages", "benchmarks", "command_line"):
            assert {"ui", "pages", "app"}.isdisjoint(packages(name)), name


def test_shared_parts_of_pages_import_no_page() -> None:
    for name in MODULES:
        if name.startswith("ui"):
            assert "pages" not in packages(name), name


def is_piece_of_a_page(function: ast.FunctionDef) -> bool:
    """It takes and gives nothing: what it draws stands in it, in the page's order."""
    gives_nothing = function.returns is not None and ast.unparse(function.returns) == "None"
    return gives_nothing and not ast.unparse(function.args)


@pytest.mark.parametrize("name", [name for name in MODULES if name.startswith("pages.")])
def test_page_holds_no_logic(name: str) -> None:
    for node in nodes(name):
        assert not isinstance(node, ast.ClassDef | ast.Lambda | ast.While | ast.Try), ast.dump(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert isinstance(node, ast.FunctionDef), node.name
            assert is_piece_of_a_page(node), f"{node.name} takes or gives something"
    numeric = {"numpy", "pandas", "scipy", "plotly"}
    assert numeric.isdisjoint(packages(name))


def test_nothing_is_pickled() -> None:
    banned = {"pickle", "cPickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
    for name in MODULES:
        assert banned.isdisjoint(packages(name)), name
        for node in nodes(name):
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert isinstance(node.value, ast.Constant), name
                assert node.value.value is False, name


def test_arrays_are_read_without_pickle_in_so_many_words() -> None:
    for name in MODULES:
        for call, called in calls(name):
            if called == "np.load":
                given = {keyword.arg for keyword in call.keywords}
                assert "allow_pickle" in given, f"{name}, line {call.lineno}"


def test_no_file_is_a_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "util", "helpers", "helper", "misc", "common", "tools"}
    names = {part for name in MODULES for part in name.split(".")}
    assert drawers.isdisjoint(names)


def test_no_random_number_comes_from_a_stream_that_all_share() -> None:
    for name in MODULES:
        assert "random" not in packages(name), name
        streams = [call for call, called in calls(name) if called.endswith("default_rng")]
        inside = within_functions(name) if streams else set()
        for call in streams:
            assert call in inside, f"{name}, line {call.lineno}: a stream for the whole module"
            assert call.args, f"{name}, line {call.lineno}: a stream without a seed"
        for call, called in calls(name):
            if called.startswith("np.random."):
                drawn = called.removeprefix("np.random.")
                assert drawn not in LEGACY_RANDOM, f"{name}, line {call.lineno}"


def within_functions(name: str) -> set[ast.AST]:
    """What stands in the body of a function."""
    return {
        inner
        for node in nodes(name)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for statement in node.body
        for inner in ast.walk(statement)
    }
