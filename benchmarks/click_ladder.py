"""Does each step of the ladder of click models pay, and do the lessons of the study hold?

Run as ``python -m benchmarks.click_ladder``; ``--seeds 2`` for a quicker look. On the default
click log (500,000 rows, base rate 0.2) of five seeds, all against the true probabilities:

- prior < logistic < FM < the model that the validation day chooses < the truth, by AUC;
- a model seven days old loses 1 to 2% of normalised entropy;
- at base rate 0.05 with a tenth of the negatives, the calibration ratio with and without the
  correction.

Then, on the first seed, which model wins on each preset. What is fitted is kept, so that a second
run only judges.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from itertools import pairwise

import engine
from engine.clicks import MODELS, choose_model, open_clicks, relative_difference
from engine.intervals import mean_estimate

SEEDS = (7, 8, 9, 10, 11)
MODELS_JUDGED = [name for name in MODELS if name != "lambdarank"]
STEPS = ("prior", "logistic", "fm", "chosen", "full")


def main(arguments: list[str]) -> int:
    """Print all bars; 1 if one of them does not hold."""
    parser = argparse.ArgumentParser(description="The bars of the click study.")
    parser.add_argument("--seeds", type=int, default=len(SEEDS))
    seeds = SEEDS[: parser.parse_args(arguments).seeds]
    kept = [ladder(seeds), freshness(seeds), sampling(seeds), *presets()]
    print("all bars hold" if all(kept) else "NOT all bars hold")
    return int(not all(kept))


def designs() -> list[engine.ClickDesign]:
    """Each model at its defaults."""
    return [engine.ClickDesign(model=MODELS[name]()) for name in MODELS_JUDGED]


def ladder(seeds: tuple[int, ...]) -> bool:
    """AUC of each step for each seed, and paired differences over seeds."""
    steps: dict[str, list[float]] = {name: [] for name in STEPS}
    for seed in seeds:
        log = open_clicks(engine.ClickLogConfig(seed=seed))
        chosen, reports = choose_model(log, designs())
        auc = {r.design.model.name: r["auc"].value for r in reports}
        told = "  ".join(f"{name} {value:.4f}" for name, value in auc.items())
        auc["chosen"] = auc[chosen.model.name]
        ceiling = reports[0].ceiling
        auc["full"] = ceiling["full"]["auc"]
        print(
            f"seed {seed}: {told}  attainable {ceiling['attainable']['auc']:.4f}  "
            f"full {auc['full']:.4f}  chosen: {chosen.model.name}",
            flush=True,
        )
        for name in STEPS:
            steps[name].append(auc[name])
    kept = []
    for low, high in pairwise(STEPS):
        difference = over_seeds(steps[low], steps[high])
        print(f"AUC of {high} less {low}: {difference}")
        kept.append(difference.low > 0)
    gain = over_seeds(steps["logistic"], steps["chosen"]).value
    gap = over_seeds(steps["chosen"], steps["full"]).value
    print(f"logistic to chosen: {gain:.4f} (0.012 to 0.030)")
    print(f"chosen to full information: {gap:.4f} (at most 0.05)")
    return all(kept) and 0.012 <= gain <= 0.03 and gap <= 0.05


def freshness(seeds: tuple[int, ...]) -> bool:
    """How much more normalised entropy the default design has when seven days old."""
    fresh, old = engine.ClickDesign(), engine.ClickDesign(age_days=7)
    lost = []
    for seed in seeds:
        log = open_clicks(engine.ClickLogConfig(seed=seed))
        a, b = engine.run_clicks(log, fresh), engine.run_clicks(log, old)
        more = relative_difference(a, b, "normalized_entropy")
        lost.append(more.value)
        print(f"seed {seed}: seven days old, more normalised entropy {more}", flush=True)
    mean = mean_estimate(lost)
    print(f"over seeds: {mean} (0.01 to 0.02)")
    return 0.01 <= mean.value <= 0.02


def sampling(seeds: tuple[int, ...]) -> bool:
    """Calibration at base rate 0.05 with a tenth of the negatives, corrected and not."""
    kept = []
    for seed in seeds:
        log = open_clicks(engine.ClickLogConfig(seed=seed, base_rate=0.05))
        design = engine.ClickDesign(negatives=0.1)
        corrected = engine.run_clicks(log, design)["calibration_ratio"]
        plain = engine.run_clicks(log, replace(design, correct=False))["calibration_ratio"]
        print(f"seed {seed}: calibration ratio {plain}, corrected {corrected}", flush=True)
        kept.append(plain.value > 4 and abs(corrected.value - 1) <= 0.05)
    return all(kept)


def presets() -> list[bool]:
    """Which model wins on each preset: its own, or for the additive one hardly any other."""
    kept = []
    for name, config in engine.CLICK_PRESETS.items():
        _, reports = choose_model(open_clicks(config), designs())
        auc = {report.design.model.name: report["auc"].value for report in reports}
        winner = max(auc, key=auc.__getitem__)
        told = "  ".join(f"{model} {value:.4f}" for model, value in auc.items())
        print(f"preset {name}: {told}  best: {winner}", flush=True)
        kept.append(
            {
                "additive": auc["logistic"] >= auc[winner] - 0.002,
                "thresholds": winner == "gbdt",
                "crosses": winner in ("fm", "dcn"),
            }[name]
        )
    return kept


def over_seeds(a: list[float], b: list[float]) -> engine.Estimate:
    """Mean of b - a over seeds, with Student's t interval."""
    return mean_estimate([y - x for x, y in zip(a, b, strict=True)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
