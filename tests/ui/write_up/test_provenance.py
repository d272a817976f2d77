"""Where a page's figures come from, in words; and what is shipped to make files of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import engine
from engine.ad_study import AdStudy
from engine.scenario import Scenario
from ui.write_up import provenance, served
from ui.write_up.provenance import design_of, link_of, provenance_of, seed_of

ROOT = Path(__file__).parents[3]
A, B = engine.Design(candidates=100), engine.Design(ranker="none")


def test_the_version_is_the_changelogs_newest() -> None:
    newest = (ROOT / "CHANGELOG.md").read_text("utf-8").split("\n## ")[1].splitlines()[0]
    assert provenance.VERSION in newest


def test_each_page_is_of_its_own_design_and_seed() -> None:
    ads = AdStudy(log=engine.ClickLogConfig(seed=11), pins=(engine.ClickDesign(negatives=0.5),))
    scenario = Scenario(engine.WorldConfig(seed=5), A, pins=(A, B), ads=ads)
    assert "100 candidates" in design_of("two_stage", scenario)
    assert design_of("ctr", scenario) == "GBDT"
    of_all = design_of("compare", scenario)
    assert of_all.startswith("A: mf → hnsw → 100 → gbdt · B: mf → hnsw → 300 → none · A, ads: GBDT")
    assert design_of("compare", Scenario()) == design_of("two_stage", Scenario())
    assert (seed_of("retrieval", scenario), seed_of("ctr", scenario)) == (
        "5 (world)",
        "11 (click log)",
    )


def test_a_link_leads_back_to_the_same_scenario() -> None:
    scenario = replace(Scenario(), design=A, pins=(B,), user=3)
    link = link_of("two_stage", scenario, "https://example.org/app/two_stage")
    address, _, query = link.partition("?")
    assert address == "https://example.org/app/two_stage"
    found = dict(part.split("=") for part in query.split("&"))
    assert Scenario.from_query(found) == (scenario, [])


def test_the_machine_and_its_libraries_are_named() -> None:
    lines = dict(provenance_of("two_stage", Scenario()).lines)
    assert "core" in lines["Machine"]
    assert "hnswlib" in lines["Made with"]


def test_the_script_holds_what_it_names_and_the_licence_of_what_is_not_ours() -> None:
    script = served.downloads_script().plain.decode()
    assert provenance.VERSION in script
    assert "zipSync" in script
    folder = ROOT / "ui" / "vendor"
    for packed in folder.glob("*.js"):
        assert (folder / f"{packed.name.split('-')[0]}-LICENSE").exists()
