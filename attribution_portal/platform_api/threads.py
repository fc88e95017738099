"""Bounded thread pools, one per name and process, made on first use and anew after a fork.

Their threads do HTTP and parsing only: no database, no request, no context variables.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

_lock = threading.Lock()
_pools: dict[str, tuple[int, ThreadPoolExecutor]] = {}


def pool(name: str, *, workers: int) -> ThreadPoolExecutor:
    pid = os.getpid()
    found = _pools.get(name)
    if found is not None and found[0] == pid:
        return found[1]
    with _lock:
        found = _pools.get(name)
        if found is None or found[0] != pid:
            # A pool from before a fork has no threads here; nothing is left to shut down.
            found = _pools[name] = (pid, ThreadPoolExecutor(workers, thread_name_prefix=f"platform-{name}"))
        return found[1]
