"""A report on disk, so that a later start need not judge again what it opens with."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np

from engine.evaluation.impressions import ClickRows
from engine.evaluation.report import Evidence, Loss, PerUser, Report
from engine.figures import Estimate

_FILE, _ROWS = "report.json", "rows.npz"
_ARRAYS = tuple(field.name for field in fields(PerUser) if field.name != "loss")


def save_report(report: Report, directory: Path) -> None:
    """Write a report, its rows as arrays; all but the rows of its impressions.

    Raises
    ------
    ValueError : a report put together by hand, without evidence.
    """
    evidence = report.evidence
    if evidence is None:
        raise ValueError("report: must be one of `evaluate`, with its evidence")
    saved = {
        "figures": {name: asdict(estimate) for name, estimate in report.items()},
        "ceiling": report.ceiling,
        "world": evidence.world,
        "items": evidence.items,
    }
    (directory / _FILE).write_text(json.dumps(saved), encoding="utf-8")
    per_user = report.per_user
    np.savez(
        directory / _ROWS,
        **{name: getattr(per_user, name) for name in _ARRAYS},
        **{f"loss_{f.name}": getattr(per_user.loss, f.name) for f in fields(Loss)},
        users=evidence.users,
        slates=evidence.slates,
    )


def load_report(directory: Path, clicks: ClickRows) -> Report:
    """Read what `save_report` wrote; clicks : the rows of the ranker's impressions."""
    saved = json.loads((directory / _FILE).read_text(encoding="utf-8"))
    with np.load(directory / _ROWS, allow_pickle=False) as rows:
        loss = Loss(**{f.name: rows[f"loss_{f.name}"] for f in fields(Loss)})
        per_user = PerUser(**{name: rows[name] for name in _ARRAYS}, loss=loss)
        users, slates = rows["users"], rows["slates"]
    return Report(
        figures={name: Estimate(**estimate) for name, estimate in saved["figures"].items()},
        per_user=per_user,
        ceiling=saved["ceiling"],
        evidence=Evidence(saved["world"], users, saved["items"], slates, clicks),
    )
