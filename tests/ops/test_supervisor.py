"""The stack lives and dies as one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
# Two parts that announce themselves by a file and then wait; `end` names the part that ends at once.
PROGRAM = """
import os, sys
from attribution_portal.ops.supervisor import Part, supervise
wait = "import os, sys, signal; open(sys.argv[1], 'w').write(str(os.getpid())); signal.pause()"
end = "import os, sys; open(sys.argv[1], 'w').write(str(os.getpid())); sys.exit(3)"
folder, ending = sys.argv[1], sys.argv[2]
parts = [Part(n, [sys.executable, "-c", end if n == ending else wait, folder + "/" + n]) for n in ("one", "two")]
print("started", flush=True)
sys.exit(supervise(parts, environ=os.environ))
"""


def start(folder: Path, *, ending: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder), ending],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_for_parts(supervisor: subprocess.Popen[str]) -> list[psutil.Process]:
    """Both children, as soon as the supervisor has started them."""
    parent = psutil.Process(supervisor.pid)
    while len(children := parent.children()) < 2:
        assert supervisor.poll() is None
    return children


def test_it_stops_cleanly_when_asked(tmp_path: Path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        supervisor = start(tmp_path)
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == "started\n"
        children = wait_for_parts(supervisor)
        os.kill(supervisor.pid, number)
        _out, errors = supervisor.communicate(timeout=30)
        assert (supervisor.returncode, errors) == (0, "")
        assert not any(child.is_running() for child in children)


def test_it_ends_as_a_whole_when_one_part_ends(tmp_path: Path) -> None:
    supervisor = start(tmp_path, ending="two")
    _out, errors = supervisor.communicate(timeout=30)
    assert supervisor.returncode == 1
    assert errors == "two ended with status 3; stopping everything.\n"
    other = tmp_path / "one"
    assert not other.exists() or not psutil.pid_exists(int(other.read_text() or 0) or 2**22)


def test_a_part_that_is_killed_takes_the_rest_with_it(tmp_path: Path) -> None:
    supervisor = start(tmp_path)
    children = wait_for_parts(supervisor)
    children[0].kill()
    _out, errors = supervisor.communicate(timeout=30)
    assert supervisor.returncode == 1
    assert "ended with status -9; stopping everything." in errors
    assert not any(child.is_running() for child in children)


# Notes when it is told to stop.
NOTING = """
import signal, sys, time
def stop(*_):
    open(sys.argv[1], "w").write(str(time.monotonic_ns()))
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
open(sys.argv[1] + "-ready", "w").close()
signal.pause()
"""
BESIDE = """
import os, sys
from attribution_portal.ops.supervisor import Part, running_beside, supervise
def part(name): return Part(name, [sys.executable, "-c", sys.argv[2], sys.argv[1] + "/" + name])
with running_beside(part("platform"), environ=os.environ) as platform:
    sys.exit(supervise([part("web"), part("worker")], environ=os.environ, beside=platform))
"""


def test_what_runs_beside_is_stopped_after_everything_that_may_need_it(tmp_path: Path) -> None:
    names = ("platform", "web", "worker")
    supervisor = subprocess.Popen([sys.executable, "-c", BESIDE, str(tmp_path), NOTING], cwd=ROOT)
    while not all((tmp_path / f"{name}-ready").exists() for name in names):
        assert supervisor.poll() is None
    supervisor.terminate()
    assert supervisor.wait(30) == 0
    stopped = {name: int((tmp_path / name).read_text()) for name in names}
    assert max(stopped, key=lambda name: stopped[name]) == "platform"
