"""Several processes as one: started together, stopped together, and over as soon as one of them ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

GRACE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    command: Sequence[str]


Process = subprocess.Popen[bytes]


@contextmanager
def running_beside(part: Part, *, environ: Mapping[str, str]) -> Iterator[dict[str, Process]]:
    """Start a part before the others, for what they need; hand the result to `supervise` as `beside`."""
    started = {part.name: _start(part, environ)}
    try:
        yield started
    finally:
        _stop_all(started)


def supervise(parts: Sequence[Part], *, environ: Mapping[str, str], beside: Mapping[str, Process] | None = None) -> int:
    """Run `parts` until one ends or this process is told to stop (SIGINT, SIGTERM, SIGHUP). Returns the exit status: 0
    after a requested stop, 1 when a part ended by itself. Each part has its own process group, so that Ctrl-C reaches
    only the supervisor, which stops everything in order. `beside` are processes that run already and belong to it."""
    wake = threading.Event()
    asked: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        asked.append(number)
        wake.set()

    previous = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    running: dict[str, Process] = dict(beside or {})
    try:
        for part in parts:
            running[part.name] = _start(part, environ)
        while not asked:
            ended = [name for name, process in running.items() if process.poll() is not None]
            if ended:
                for name in ended:
                    sys.stderr.write(f"{name} ended with status {running[name].returncode}; stopping everything.\n")
                return 1
            wake.wait(0.2)
        return 0
    finally:
        # What runs beside goes last: the others may still need it to finish what they are doing.
        _stop_all({name: process for name, process in running.items() if name not in (beside or {})})
        _stop_all(beside or {})
        for number, handler in previous.items():
            signal.signal(number, handler)


def _start(part: Part, environ: Mapping[str, str]) -> Process:
    return subprocess.Popen(list(part.command), env=dict(environ), start_new_session=True)  # noqa: S603 - own commands


def _stop_all(running: Mapping[str, Process]) -> None:
    for process in running.values():
        _signal(process, signal.SIGTERM)
    for process in running.values():
        try:
            process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            _signal(process, signal.SIGKILL)
            process.wait(5)


def _signal(process: Process, number: signal.Signals) -> None:
    """To the whole group: a part's own children go with it, also when the part itself is gone already."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
