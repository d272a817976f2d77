"""Does a request of 500 ads fit the budget? At most 15 ms at p99, 2 ms of it for its features.

Run as ``python -m benchmarks.click_inference`` on a machine that does nothing else: the share of
requests that other work held up is printed. On the default click log, one thread, 1,000 requests
for each model; the bars are those of the default design.
"""

from __future__ import annotations

import sys

import engine
from engine.clicks import BUDGET_MS, MODELS, open_clicks

ADS, REQUESTS = 500, 1_000
WHOLE_MS, FEATURES_MS = 15.0, 2.0


def main() -> int:
    """Print the times of each model; 1 if the default design misses a bar."""
    log = open_clicks(engine.ClickLogConfig())
    print(f"one request of {ADS} ads, of a budget of {BUDGET_MS:.0f} ms")
    failed = False
    default = engine.ClickDesign()
    for kind in MODELS.values():
        design = engine.ClickDesign(model=kind())
        timing = engine.measure_clicks(log, design, ADS, REQUESTS)
        features, model = (timing.percentile(99, part).value for part in ("features", "model"))
        print(
            f"{design.model.name:10s} p50 {timing.p50.value:6.2f}  p95 {timing.p95.value:6.2f}  "
            f"p99 {timing.p99.value:6.2f} ms   p99 of features {features:5.2f}, "
            f"model {model:6.2f}   held up {timing.held_up:.1%}",
            flush=True,
        )
        if design == default:
            failed = timing.p99.value > WHOLE_MS or features > FEATURES_MS
            print(f"  at most {WHOLE_MS:.0f} ms, features {FEATURES_MS:.0f} ms; {timing.machine}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
