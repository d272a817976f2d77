"""The knobs of the click log, and the logs on which another model wins."""

import pytest

from engine.clicks import CLICK_PRESETS, KNOBS, ClickLogConfig


def test_configuration_is_a_value() -> None:
    assert {ClickLogConfig(): 1}[ClickLogConfig(base_rate=0.2)] == 1


def test_default_is_the_promised_log() -> None:
    config = ClickLogConfig()
    assert (config.rows, config.base_rate, config.seed) == (500_000, 0.2, 7)
    assert config.days >= 14


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("rows", 10, "a whole number from 5,000 to 5,000,000 rows"),
        ("days", 13, "a whole number from 14 to 60 days"),
        ("base_rate", 0.0, "a number from 0.001 to 0.5"),
        ("base_rate", "high", "a number from 0.001 to 0.5"),
        ("seed", -1, "a whole number from 0"),
        ("missing", 0.7, "a number from 0.0 to 0.5 share"),
        ("replacement", float("nan"), "a number from 0.0 to 0.2 share"),
    ],
)
def test_bad_knob_is_refused_in_one_line(name: str, value: object, allowed: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}={value!r}: must be {allowed}") as error:
        ClickLogConfig(**{name: value})  # type: ignore[arg-type]
    assert "\n" not in str(error.value)


def test_more_clicks_than_looks_are_refused() -> None:
    # Positions 1 to 4 are looked at with 1, 1/4, 1/9 and 1/16: 0.356 in the mean.
    ClickLogConfig(base_rate=0.32, position_bias=2.0)
    with pytest.raises(ValueError, match=r"base_rate=0\.33: must be at most 0\.320 with"):
        ClickLogConfig(base_rate=0.33, position_bias=2.0)


def test_every_field_has_a_knob_that_allows_its_default() -> None:
    config = ClickLogConfig()
    assert set(KNOBS) == set(config.__dataclass_fields__)
    for name, knob in KNOBS.items():
        knob.check(name, getattr(config, name))


def test_presets_leave_one_part_each() -> None:
    def weights(config: ClickLogConfig) -> list[str]:
        names = ("additive", "threshold", "pair", "triple")
        return [name for name in names if getattr(config, f"{name}_weight") > 0]

    told = {name: weights(config) for name, config in CLICK_PRESETS.items()}
    assert told == {"additive": ["additive"], "thresholds": ["threshold"], "crosses": ["pair"]}
