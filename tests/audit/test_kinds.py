"""Whatever can be on record has words, and belongs to something that can be filtered by."""

from __future__ import annotations

import ast
from pathlib import Path

from attribution_portal.audit.kinds import GROUPS, Group, Kind, Outcome
from attribution_portal.audit.wording import NAMES

ROOM = Path(__file__).parents[2] / "attribution_portal"


def test_every_kind_has_a_label_of_its_own_and_one_group() -> None:
    labels = [str(kind.label) for kind in Kind]
    assert len(set(labels)) == len(labels)
    assert all(label and label != kind.name.replace("_", " ").title() for kind, label in zip(Kind, labels, strict=True))
    assert sorted(kind for kinds in GROUPS.values() for kind in kinds) == sorted(Kind)
    assert set(GROUPS) == set(Group)


def test_kinds_and_outcomes_fit_their_columns() -> None:
    assert max(len(kind.value) for kind in Kind) <= 40
    assert max(len(outcome.value) for outcome in Outcome) <= 10


def test_every_name_under_which_a_value_is_recorded_has_a_label() -> None:
    """In the calls that write their values out; the others name theirs in the tests of their rooms."""
    found = set()
    for path in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name == "record" and isinstance(node, ast.Call):
                sides = [keyword.value for keyword in node.keywords if keyword.arg in ("before", "after")]
                dicts = [each for side in sides for each in ast.walk(side) if isinstance(each, ast.Dict)]
                found |= {key.value for each in dicts for key in each.keys if isinstance(key, ast.Constant)}
    assert found >= {"format", "rows", "filter"}
    assert found <= set(NAMES)
