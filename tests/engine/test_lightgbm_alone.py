"""LightGBM is imported without scikit-learn, which is there for others."""

from __future__ import annotations

import subprocess
import sys

import pytest

BEFORE = "import sys, threading; from engine.lightgbm_alone import load_lightgbm_alone as load; "
CASES = {
    "it is there, and scikit-learn is not": (
        "load(); assert 'lightgbm' in sys.modules; assert 'sklearn' not in sys.modules"
    ),
    "it trains and predicts": (
        "load(); import lightgbm, numpy as np; x = np.arange(200.).reshape(100, 2); "
        "b = lightgbm.train({'verbose': -1}, lightgbm.Dataset(x, label=x[:, 0] > 99), 3); "
        "assert b.predict(x)[-1] > b.predict(x)[0]"
    ),
    "others import scikit-learn afterwards": (
        "load(); from sklearn.linear_model import LogisticRegression; LogisticRegression()"
    ),
    "what is imported already stays as it is": (
        "import lightgbm; load(); lightgbm.LGBMClassifier()"
    ),
    "another thread finds scikit-learn meanwhile": (
        "from engine.lightgbm_alone import _Hidden; sys.meta_path.insert(0, _Hidden('sklearn')); "
        "found = []; t = threading.Thread(target=lambda: found.append(__import__('sklearn'))); "
        "t.start(); t.join(); assert found"
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_in_a_process_of_its_own(case: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BEFORE + CASES[case]], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
