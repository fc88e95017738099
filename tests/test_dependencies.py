"""Lock files and what belongs together across them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import plotly
import pytest

ROOT = Path(__file__).parents[1]


def test_the_browser_draws_with_the_release_that_checks_the_figures() -> None:
    carried = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    found = re.search(r"plotly\.js v([0-9.]+)", carried.read_text(encoding="utf-8")[:500])
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert found is not None
    assert wanted["plotly.js-basic-dist-min"] == found[1]


@pytest.mark.parametrize("name", ["base", "dev"])
def test_every_locked_python_package_is_known_by_its_content_and_by_no_address(name: str) -> None:
    lock = (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    entries = [entry for entry in re.split(r"\n(?=[a-z0-9])", lock) if "==" in entry]
    assert len(entries) > 50
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in lock


def test_every_locked_script_package_is_known_by_its_content_and_by_no_address() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages.keys() >= {"node_modules/bootstrap", "node_modules/plotly.js-basic-dist-min"}
    assert [name for name, entry in packages.items() if not entry["integrity"].startswith("sha512-")] == []
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
