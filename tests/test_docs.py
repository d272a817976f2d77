"""What the docs say is true: commands, snippets, figures, links, paths, names and pictures."""

import importlib
import re
import shlex
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest

import engine
from command_line.choices import query_of, scenario_of
from command_line.commands import commands
from command_line.recipes import recipes
from docs.pictures import LARGEST, THEMES, WIDTH, picture_path
from engine.scenario import Scenario
from engine.store import default_store
from engine.world import World
from sample_data.make import figures_on
from tests.test_architecture import ORDER

ROOT = Path(__file__).resolve().parent.parent
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
DOCS = [ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG")] + DECISIONS
README = DOCS[0].read_text(encoding="utf-8")
CARD = (ROOT / "sample_data" / "README.md").read_text(encoding="utf-8")
CODE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
SNIPPETS = [code for code in CODE.findall(README) if not code.startswith("# engine/")]
[EXAMPLE] = [code for code in CODE.findall(README) if code.startswith("# engine/")]
FIGURES = re.compile(r"^\| `(Design\(.*\))` \| (.*) \|$", re.MULTILINE)
OFF = 0.0015
"""What rounding, and the last bits of another processor, may change in a figure of quality."""
OFF_BY_STOPPING = 0.015
"""The same where training stops by how validation clicks are ranked: other bits, other trees."""


def plain(text: str) -> str:
    """A document without its blocks of code."""
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def spans(path: Path) -> list[str]:
    """What stands between single backticks."""
    return re.findall(r"`([^`\n]+)`", plain(path.read_text(encoding="utf-8")))


each_document = pytest.mark.parametrize("path", DOCS, ids=lambda path: path.stem)


# Commands ---------------------------------------------------------------------------------------


@each_document
def test_make_targets_that_are_named_exist(path: Path) -> None:
    targets = set(re.findall(r"^(\w+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    assert named <= targets


def test_readme_shows_the_two_commands_and_the_plain_way_first() -> None:
    first_screen = README.partition("\n## ")[0]
    shown = [f"make {name}" for name in ("run", "test")]
    shown += ["pip install -r requirements.txt", "streamlit run app.py"]
    places = [first_screen.index(command) for command in shown]
    assert places == sorted(places)


def test_readme_names_the_debian_packages_that_the_set_up_asks_for() -> None:
    named = " ".join(re.findall(r"apt-get install -y (.*)", README)).split()
    installed = re.search(r"for package in (.*) \$\(<packages.txt\)", _text(".ci/run"))
    assert installed is not None
    assert sorted(named) == sorted([*installed[1].split(), *_text("packages.txt").split()])


def test_contributing_tells_every_make_target() -> None:
    targets = set(re.findall(r"^(\w+):.*##", _text("Makefile"), re.MULTILINE)) - {"help"}
    assert set(re.findall(r"^\| `make (\w+)`", _text("CONTRIBUTING.md"), re.MULTILINE)) == targets


@each_document
def test_modules_and_test_files_that_commands_run_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for module in re.findall(r"python -m ([a-z_.]+)", text):
        if module != "pytest":
            place = ROOT / module.replace(".", "/")
            assert place.with_suffix(".py").is_file() or (place / "__main__.py").is_file(), module
    for file in re.findall(r"python -m pytest (tests/\S+)", text):
        assert (ROOT / file).is_file(), file


def _commands_shown() -> list[list[str]]:
    """The words of each command of `python -m engine` in README's blocks."""
    blocks = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    start = ".venv/bin/python -m engine "
    return [shlex.split(line.partition("  #")[0].removeprefix(start)) for line in lines
            if line.startswith(start)]  # fmt: skip


def test_commands_of_the_command_line_are_all_shown() -> None:
    shown = {words[0] for words in _commands_shown()}
    assert shown == set(commands.commands) - {"pictures"}


@pytest.mark.parametrize("words", _commands_shown(), ids=lambda words: words[0])
def test_command_that_is_shown_is_understood(words: list[str]) -> None:
    command = commands.commands[words[0]]
    with command.make_context(words[0], words[1:]) as context:  # reads all options and arguments
        given = context.params
    links = [given.get("link") or "", *given.get("links", ())]
    for link in filter(None, links):
        assert Scenario.from_query(query_of(link))[1] == []
    choices = list(given.get("choices", ()))
    if words[0] == "world":
        choices = [text if text.startswith("seed=") else f"world.{text}" for text in choices]
    scenario_of(None, choices, "ads." if words[0] == "clicks" else "")
    assert set(given.get("names", ())) <= set(recipes())


# Snippets ---------------------------------------------------------------------------------------


@pytest.fixture
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("SHORTLIST_CACHE", str(tmp_path))
    default_store.cache_clear()
    yield
    default_store.cache_clear()


@pytest.mark.usefixtures("own_cache")
def test_snippets_run_from_top_to_bottom(
    monkeypatch: pytest.MonkeyPatch, small_world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(engine, "load_sample", lambda: small_world)
    names: dict[str, object] = {}
    for code in SNIPPETS:
        exec(compile(code, "README.md", "exec"), names)
    shown = capsys.readouterr().out
    assert "n=200" in shown
    assert "ms (n=200)" in shown
    assert names["repairs"]


def test_example_of_a_ranker_passes_the_contract_once_it_is_registered(tmp_path: Path) -> None:
    contract = "tests/engine/rankers/test_ranker_contract.py"
    shutil.copytree(ROOT / "engine", tmp_path / "engine")
    (tmp_path / contract).parent.mkdir(parents=True)
    for name in (contract, "tests/engine/conftest.py", "tests/conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    file = EXAMPLE.splitlines()[0].removeprefix("# ")
    (tmp_path / file).write_text(EXAMPLE, encoding="utf-8")
    register = tmp_path / "engine" / "rankers" / "__init__.py"
    text = register.read_text().replace("(NoRanker, ", "(NoRanker, Plain, ")
    register.write_text(
        text.replace("\n\nRANKERS", "\nfrom engine.rankers.plain import Plain\n\nRANKERS")
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n0"]
    run = subprocess.run(
        [*command, contract, "-k", "plain]"], cwd=tmp_path, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout
    assert int(re.findall(r"(\d+) passed", run.stdout)[0]) >= 8


# Figures ----------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("design", "told"), FIGURES.findall(README))
def test_figures_of_quality_are_those_of_the_shipped_world(design: str, told: str) -> None:
    chosen = eval(design, vars(engine))
    report = engine.evaluate(engine.build(engine.load_sample(), chosen))
    values = [report["ndcg@10"].value, report["ndcg_observed@10"].value]
    values += [report.loss[stage].value for stage in ("generation", "index", "ranking")]
    values.append(report["ann_recall"].value)
    row = " | ".join(f"{round(value, 3) + 0.0:.3f}" for value in values)
    off = OFF_BY_STOPPING if isinstance(chosen.ranker, engine.LambdaRank) else OFF
    assert [float(cell) for cell in told.split(" | ")] == pytest.approx(values, abs=off), row


@pytest.mark.slow
def test_figure_of_the_perfect_slate_against_clicks_is_that_of_the_shipped_world() -> None:
    report = engine.evaluate(engine.build(engine.load_sample(), engine.Design(ranker="none")))
    [told] = re.findall(r"perfect slate has\s+one too, ([\d.]+) on this panel", README)
    assert float(told) == pytest.approx(report.ceiling["ndcg_observed@10"], abs=OFF)


def test_sizes_of_the_world_are_those_of_its_data_card() -> None:
    config = engine.WorldConfig()
    clicks = dict(re.findall(r"^\| ([^|]+) \| ([\d,]+) \|", figures_on(CARD), re.MULTILINE))
    section = " ".join(README.partition("## The sample world")[2].split())
    assert section.startswith(
        f"[sample_data](sample_data/README.md) holds {config.users:,} users, {config.items:,} "
        f"items and {config.impressions:,} impressions of {config.days} days with "
        f"{clicks['clicks']} clicks."
    )


# Links, paths and names -------------------------------------------------------------------------


@each_document
def test_links_lead_to_files_and_headings_that_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)", plain(text)) + re.findall(r'src(?:set)?="([^"]+)"', text)
    for link in links:
        target, _, heading = link.partition("#")
        place = (path.parent / target).resolve()
        assert place.is_relative_to(ROOT), link
        assert place.exists(), link
        if heading:
            titles = re.findall(r"^#+ (.+)$", place.read_text(encoding="utf-8"), re.MULTILINE)
            assert heading in [title.lower().replace(" ", "-") for title in titles], link


@each_document
def test_paths_that_are_named_exist(path: Path) -> None:
    for span in spans(path):
        is_path = re.fullmatch(r"[\w./-]+(/|\.(py|md|txt|sh|toml|lock|json))", span)
        if is_path or re.fullmatch(r"(engine|ui|pages|tests|docs|sample_data)/[\w./-]+", span):
            assert (ROOT / span).exists(), span


@each_document
def test_names_of_the_library_exist(path: Path) -> None:
    """`engine.x.y` can be reached; a span `NAME` beside `in engine/x.py` stands in that file."""
    for span in spans(path):
        if re.fullmatch(r"engine(\.\w+)+", span) and not _module(span):
            owner, _, name = span.rpartition(".")
            assert hasattr(importlib.import_module(owner), name), span
    text = " ".join(plain(path.read_text(encoding="utf-8")).split())
    pairs = re.findall(
        r"((?:`\w+`(?:,? and |, ))*`\w+`) (?:goes into `\w+` )?in `([\w/]+\.py)`", text
    )
    for names, file in pairs:
        for name in re.findall(r"\w+", names.replace(" and ", " ")):
            assert re.search(rf"\b{name}\b", _text(file)), f"{name} in {file}"


def test_links_of_the_app_need_no_repair() -> None:
    links = re.findall(r"/two_stage\?\S+", README)
    assert links
    for link in links:
        query = {name: values[-1] for name, values in parse_qs(urlparse(link).query).items()}
        scenario, repairs = Scenario.from_query(query)
        assert repairs == [], link
        assert query.items() <= scenario.to_query().items()


def test_tree_of_the_readme_is_the_tree() -> None:
    block = README.partition("## The tree")[2].split("```")[1]
    told = [line.split()[0] for line in block.strip().splitlines()]
    for name in told:
        assert (ROOT / name).exists(), name
    code = {path.parent.relative_to(ROOT) for path in ROOT.glob("[!.]*/*.py")}
    code |= {path.parent.relative_to(ROOT) for path in ROOT.glob("engine/*/*.py")}
    assert {f"{folder}/" for folder in code} <= set(told)


def test_order_of_imports_that_is_told_is_the_one_that_is_kept() -> None:
    note = _text("docs/decisions/0010-import-order.md")
    assert re.findall(r"\w+", note.split("```")[1]) == list(ORDER)


# Form -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", THEMES)
def test_picture_of_each_theme_is_shown_wide_and_light_enough(theme: str) -> None:
    path = picture_path(theme)
    assert f'="{path.relative_to(ROOT)}"' in README
    head = path.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">I", head[16:20]) == (WIDTH,)
    assert path.stat().st_size <= LARGEST


@pytest.mark.parametrize("path", [*DOCS, ROOT / "sample_data" / "README.md"], ids=lambda p: p.stem)
def test_no_document_holds_a_place_on_somebodys_machine_or_is_unfinished(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"(?<![\w.])(/(work|home|root|tmp|Users|opt|var)/|[A-Z]:\\)", text)
    assert not re.search(r"\b(TODO|FIXME|TBD|XXX|lorem)\b", text, re.IGNORECASE)


def test_decisions_are_numbered_dated_and_short() -> None:
    numbers = [int(path.name[:4]) for path in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))
    for path in DECISIONS:
        title, blank, date, *rest = path.read_text(encoding="utf-8").splitlines()
        assert title.startswith(f"# {path.name[:4]} "), path.name
        assert blank == ""
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", date), path.name
        assert len(rest) <= 30, path.name


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _module(name: str) -> bool:
    path = ROOT / name.replace(".", "/")
    return path.is_dir() or path.with_suffix(".py").is_file()
