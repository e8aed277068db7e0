"""How long does something take, and how much memory, in a process of its own?"""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of each run, and the memory of the largest one above the start of the job."""

    seconds: tuple[float, ...]
    megabytes: float

    @property
    def median(self) -> float:
        """Median of the seconds."""
        return statistics.median(self.seconds)


def timed(job: Callable[[], object], *, runs: int = 3) -> Measured:
    """Run *job* several times in this process."""
    before = _peak()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        job()
        seconds.append(time.perf_counter() - start)
    return Measured(tuple(seconds), max(0.0, _peak() - before))


def _peak() -> float:
    """Return the largest memory this process ever held, in megabytes (Linux counts kilobytes)."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes / 1024 if sys.platform != "darwin" else kilobytes / 1024**2


def in_own_process(job: str, *arguments: str, runs: int = 1) -> Measured:
    """Run ``data.bench.jobs.<job>(*arguments)`` in fresh processes, so that memory is its own."""
    seconds, memory = [], []
    for _ in range(runs):
        done = subprocess.run(  # noqa: S603 - our own module, our own arguments
            [sys.executable, "-m", "data.bench.jobs", job, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONWARNINGS": "error"},
        )
        if done.returncode != 0:
            raise RuntimeError(f"the job {job} failed: {done.stderr.strip()[-2000:]}")
        found = json.loads(done.stdout.splitlines()[-1])
        seconds.append(found["seconds"])
        memory.append(found["megabytes"])
    return Measured(tuple(seconds), max(memory))


def report(seconds: float, before_mb: float) -> str:
    """Return what a job prints last."""
    return json.dumps({"seconds": seconds, "megabytes": max(0.0, _peak() - before_mb)})


def peak() -> float:
    """Return the largest memory so far, in megabytes."""
    return _peak()
