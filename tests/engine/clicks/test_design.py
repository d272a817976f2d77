"""A click design: what may be chosen, and what a fit hangs on."""

from dataclasses import replace

import pytest

from engine.clicks.design import MODELS, ClickDesign
from engine.rankers import GBDT, LambdaRank, Logistic, NoRanker, Prior


def test_name_stands_for_a_models_defaults() -> None:
    assert ClickDesign(model="logistic") == ClickDesign(model=Logistic())  # type: ignore[arg-type]
    assert ClickDesign().model == GBDT()


def test_models_are_the_rankers_but_the_one_that_needs_a_generator() -> None:
    assert "none" not in MODELS
    assert {"prior", "logistic", "gbdt", "lambdarank"} <= set(MODELS)


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("model", "none", "prior, logistic"),
        ("model", NoRanker(), "prior, logistic"),
        ("model", 3, "prior, logistic"),
        ("calibration", "plat", "none, platt, isotonic"),
        ("position", True, "feature, ignore, first_only"),
        ("encoding", None, "earlier_days, leave_one_out, none"),
        ("negatives", 0.0, "a number from 0.01 to 1.0 share"),
        ("age_days", 1.5, "a whole number from 0 to 50 days"),
        ("train_days", -1, "a whole number from 0 to 50 days"),
        ("correct", "yes", "True or False"),
    ],
)
def test_bad_choice_is_refused_in_one_line(field: str, value: object, allowed: str) -> None:
    with pytest.raises(ValueError, match=rf"^{field}=.*: must be (one of )?{allowed}") as error:
        ClickDesign(**{field: value})  # type: ignore[arg-type]
    assert "\n" not in str(error.value)


def test_correction_may_be_given_as_a_number() -> None:
    assert ClickDesign(correct=1) == ClickDesign()  # type: ignore[arg-type]
    assert ClickDesign(correct=0).correct is False  # type: ignore[arg-type]


@pytest.mark.parametrize("changes", [{"correct": False}, {"calibration": "isotonic"}])
def test_what_needs_no_fit_leaves_the_fitted_part_alone(changes: dict[str, object]) -> None:
    design = ClickDesign(negatives=0.2)
    assert replace(design, **changes).fitted_part == design.fitted_part  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {"model": LambdaRank()},
        {"negatives": 0.5},
        {"age_days": 2},
        {"train_days": 3},
        {"position": "ignore"},
        {"encoding": "none"},
    ],
)
def test_what_changes_the_fit_changes_the_fitted_part(changes: dict[str, object]) -> None:
    assert ClickDesign(**changes).fitted_part != ClickDesign().fitted_part  # type: ignore[arg-type]


@pytest.mark.parametrize("model", [Prior(), Logistic()])
def test_encoding_matters_to_trees_alone(model: Prior | Logistic) -> None:
    leaking = ClickDesign(model=model, encoding="leave_one_out")
    assert leaking.fitted_part == ClickDesign(model=model).fitted_part
    assert not leaking.sees_rates
    assert ClickDesign().sees_rates
    assert not ClickDesign(encoding="none").sees_rates
