"""What the whole stack weighs, and how long a start takes that has nothing to install."""

from __future__ import annotations

import psutil

from bench.measure import Result
from bench.stack import Stack


def start(stack: Stack) -> Result:
    """From the command to the first ready answer: new database, migrations, people, connection included."""
    return Result("start of the demo", stack.demo.ready_after, 20, "until /readyz answers 200", unit=" s")


def memory(stack: Stack) -> Result:
    """Proportional set size: memory that processes share counts once."""
    processes = _family(stack)
    total = sum(process.memory_full_info().pss for process in processes) / 1e6
    return Result("memory of the stack", total, 900, f"{len(processes)} processes, after the pages above", unit=" MB")


def _family(stack: Stack) -> list[psutil.Process]:
    """The demo's processes and those of its servers, which are known by the demo's folder."""
    folder = str(stack.demo.folder)
    servers = [each for each in psutil.process_iter(["cmdline"]) if folder in " ".join(each.info["cmdline"] or ())]
    roots = [psutil.Process(stack.demo.process.pid), *servers]
    return list({each.pid: each for root in roots for each in (root, *root.children(recursive=True))}.values())


ON_STACK = (start, memory)
