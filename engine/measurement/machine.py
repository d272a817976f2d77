"""The machine that measured figures belong to."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

_LIBRARIES = ("numpy", "hnswlib", "faiss-cpu", "lightgbm")


@dataclass(frozen=True, slots=True)
class Machine:
    """CPU model, cores, library threads while measuring, and versions."""

    cpu: str
    cores: int
    threads: int
    versions: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        cores = "1 core" if self.cores == 1 else f"{self.cores} cores"
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        return f"{self.cpu}, {cores}, {threads}"


@cache
def this_machine() -> Machine:
    """The fingerprint of the machine that this process runs on."""
    versions = [("python", platform.python_version())]
    versions += [(name, version(name)) for name in _LIBRARIES]
    return Machine(_cpu(), len(os.sched_getaffinity(0)), 1, tuple(versions))


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine() or "unknown processor"
