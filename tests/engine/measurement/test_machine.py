"""The fingerprint that stands beside measured figures."""

import os
from dataclasses import replace
from importlib.metadata import version

from engine.measurement import this_machine


def test_fingerprint_names_processor_cores_threads_and_versions() -> None:
    machine = this_machine()
    assert machine.cpu
    assert machine.cores == len(os.sched_getaffinity(0))
    assert machine.threads == 1
    assert dict(machine.versions)["hnswlib"] == version("hnswlib")
    assert {"python", "numpy", "faiss-cpu", "lightgbm"} <= dict(machine.versions).keys()


def test_fingerprint_is_one_value_for_the_whole_process() -> None:
    assert this_machine() is this_machine()
    assert this_machine() == replace(this_machine())


def test_fingerprint_reads_as_a_line() -> None:
    machine = replace(this_machine(), cpu="A processor", cores=2)
    assert str(machine) == "A processor, 2 cores, 1 thread"
    assert str(replace(machine, cores=1, threads=4)) == "A processor, 1 core, 4 threads"
