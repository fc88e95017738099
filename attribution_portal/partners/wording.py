"""What a check found, in words: the same on the operators' page and on the command line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attribution_portal.partners.connection import SEALED, SEALED_DETAIL
from attribution_portal.partners.findings import Ability, Findings, Found, Problem
from attribution_portal.platform_api import errors, tokens
from attribution_portal.platform_api.errors import NotPermitted, PlatformError, SignInFailed

ABILITIES = {
    "events": gettext_lazy("events"),
    "packages": gettext_lazy("packages"),
    "daily revenue": gettext_lazy("daily revenue"),
    "sales adjustments": gettext_lazy("sales adjustments"),
    "Meta statistics": gettext_lazy("Meta statistics"),
    "evaluations": gettext_lazy("evaluations"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """About one partner: a sentence, and what hangs below it."""

    partner_id: str
    name: str
    sentence: str
    details: tuple[str, ...] = ()


def problem(found: Problem) -> str:
    """The sentence of the error that this once was."""
    if found.kind == SignInFailed.__name__:
        return str(SEALED if found.detail == SEALED_DETAIL else tokens.refusal(found.detail))
    kind = getattr(errors, found.kind, PlatformError)
    return str(kind.sentence)


def sign_in(findings: Findings) -> str:
    if findings.problem is not None and findings.problem.kind != SignInFailed.__name__:
        return _("Could not tell whether it signs in. %(why)s") % {"why": problem(findings.problem)}
    if findings.problem is not None:
        return _("Does not sign in. %(why)s") % {"why": problem(findings.problem)}
    if not findings.partners:
        return _("Signs in, but its token names no partner.")
    return _("Signs in.")


def partners(findings: Findings, *, asked_before: datetime | None = None) -> list[Said]:
    """One entry per partner of the token, then those that it no longer names. What was asked before `asked_before`, the
    beginning of the last check, is marked as older."""
    said = [_about(found, asked_before) for found in findings.partners]
    said += [
        Said(partner_id, name, _("No longer served by this account; its last data are kept."))
        for partner_id, name in findings.lost
    ]
    return said


def _about(found: Found, asked_before: datetime | None) -> Said:
    if found.asked_at is None:
        sentence = _("Not asked yet: the check ran out of time. The next one goes on here.")
        return Said(found.partner_id, found.name, sentence)
    if found.problem is not None:
        return Said(found.partner_id, found.name, _("Not readable. %(why)s") % {"why": problem(found.problem)})
    products = [name for name, has in (("Lookout", found.has_lookout), ("Wave", found.has_wave)) if has]
    sentence = _("%(currency)s, %(products)s.") % {
        "currency": found.currency or _("no currency given"),
        "products": _and(products) or _("neither Lookout nor Wave"),
    }
    details = _details(found.abilities)
    if asked_before is not None and found.asked_at < asked_before:
        details = (*details, _("From an earlier check: the last one did not get this far."))
    return Said(found.partner_id, found.name, sentence, details)


def _details(abilities: Iterable[Ability]) -> tuple[str, ...]:
    may: list[str] = []
    may_not: list[str] = []
    unsure: list[str] = []
    for ability in abilities:
        name = str(ABILITIES.get(ability.name, ability.name))
        if ability.problem is None:
            may.append(name)
        elif ability.problem.kind == NotPermitted.__name__:
            may_not.append(name)
        else:
            unsure.append(_("could not tell for %(what)s: %(why)s") % {"what": name, "why": problem(ability.problem)})
    lines: list[str] = []
    if may:
        lines.append(_("may read: %(what)s") % {"what": ", ".join(may)})
    if may_not:
        lines.append(_("may not read: %(what)s") % {"what": ", ".join(may_not)})
    return (*lines, *unsure)


def _and(words: list[str]) -> str:
    return get_text_list(words, _("and")) if words else ""


def lines(findings: Findings) -> list[str]:
    """For a terminal."""
    said: list[str] = []
    for entry in partners(findings):
        named = entry.partner_id if entry.name in ("", entry.partner_id) else f"{entry.partner_id}, {entry.name}"
        said.append(f"{named}: {entry.sentence}")
        said += [f"    {detail}" for detail in entry.details]
    return said
