"""What a check of a service account found, as it is stored with the account. Pure.

Problems are kept as the error's class and detail, so that each reader gets the sentence in their own language. No
secret is ever part of one: an error's detail holds none (`platform_api.errors`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from attribution_portal.platform_api.errors import PlatformError

LONGEST_DETAIL = 200


@dataclass(frozen=True, slots=True)
class Problem:
    """`kind`: the error's class. `detail`: what picks the sentence of a refused sign-in, "" otherwise."""

    kind: str
    detail: str = ""

    @classmethod
    def of(cls, error: PlatformError) -> Problem:
        # Some of it is the platform's text, and Postgres stores no NUL.
        detail = "".join(letter for letter in error.detail[:LONGEST_DETAIL] if letter.isprintable())
        return cls(type(error).__name__, detail)


@dataclass(frozen=True, slots=True)
class Ability:
    """Whether the account may read one kind of data of one partner; `problem` is None when it may."""

    name: str
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class Found:
    """One partner of the token. `asked_at` is None as long as no check had the time to ask about it."""

    partner_id: str
    name: str
    asked_at: datetime | None
    problem: Problem | None = None
    currency: str = ""
    has_lookout: bool | None = None
    has_wave: bool | None = None
    abilities: tuple[Ability, ...] = ()


@dataclass(frozen=True, slots=True)
class Findings:
    """`problem`: why the account does not sign in, None when it does. `lost`: names of the partners that the token
    named before and no longer does, by partner id."""

    problem: Problem | None
    partners: tuple[Found, ...] = ()
    lost: tuple[tuple[str, str], ...] = ()

    def stored(self) -> dict[str, object]:
        return {
            "problem": _stored(self.problem),
            "partners": [
                {
                    "id": found.partner_id,
                    "name": found.name,
                    "asked_at": found.asked_at.isoformat() if found.asked_at else None,
                    "problem": _stored(found.problem),
                    "currency": found.currency,
                    "has_lookout": found.has_lookout,
                    "has_wave": found.has_wave,
                    "abilities": [[ability.name, _stored(ability.problem)] for ability in found.abilities],
                }
                for found in self.partners
            ],
            "lost": [list(pair) for pair in self.lost],
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any] | None) -> Findings | None:
        """From `stored()`; None before the first check."""
        if stored is None:
            return None
        return cls(
            problem=_problem(stored["problem"]),
            partners=tuple(
                Found(
                    partner_id=found["id"],
                    name=found["name"],
                    asked_at=datetime.fromisoformat(found["asked_at"]) if found["asked_at"] else None,
                    problem=_problem(found["problem"]),
                    currency=found["currency"],
                    has_lookout=found["has_lookout"],
                    has_wave=found["has_wave"],
                    abilities=tuple(Ability(name, _problem(problem)) for name, problem in found["abilities"]),
                )
                for found in stored["partners"]
            ),
            lost=tuple((partner_id, name) for partner_id, name in stored["lost"]),
        )


def _stored(problem: Problem | None) -> list[str] | None:
    return None if problem is None else [problem.kind, problem.detail]


def _problem(stored: list[str] | None) -> Problem | None:
    return None if stored is None else Problem(*stored)
