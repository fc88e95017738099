"""Sealing every secret anew with the newest key of FIELD_ENCRYPTION_KEYS, while the portal runs.

Sealed are the columns of `SealedTextField`, in whatever model, the secrets of second factors, and the platform's tokens
in Redis. Each is replaced only if it is still what was read, so that nobody's change is lost. The library that keeps
second factors saves a whole row without looking again, and may thus put an old seal back: passes are made until one
finds nothing to do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import models, transaction

from attribution_portal.audit.trail import Actor, Kind, record
from attribution_portal.platform_api import store, tokens
from attribution_portal.sealing import SealBrokenError, SealedTextField, is_newest, seal, unseal

PASSES = 5
# Where the library keeps its secrets in an authenticator's data: a text, or a list of them.
SECRETS = ("secret", "seed", "migrated_codes")


@dataclass(slots=True)
class Rotated:
    """`resealed`: secrets of the database. `unopened`: those that no key opens, by what they belong to. `tokens`: sets
    of tokens, None when Redis was away. `settled`: the last pass found nothing to do."""

    resealed: int = 0
    unopened: list[str] = field(default_factory=list)
    tokens: int | None = None
    settled: bool = False


def rotate(*, actor: Actor) -> Rotated:
    """Safe to repeat. Older keys may go when nothing is unopened, the last pass settled, and every process of the
    portal runs with the newest key."""
    rotated = Rotated()
    for _pass in range(PASSES):
        rotated.unopened = []
        changed = sum(_columns(rotated.unopened)) + sum(_second_factors(rotated.unopened))
        rotated.resealed += changed
        if not changed:
            rotated.settled = True
            break
    try:
        rotated.tokens = tokens.reseal()
    except store.StoreDown:
        rotated.tokens = None
    if rotated.resealed or rotated.unopened:
        record(
            kind=Kind.KEYS_ROTATED,
            actor=actor,
            after={"resealed": rotated.resealed, "unopened": len(rotated.unopened)},
        )
    return rotated


def _columns(unopened: list[str]) -> Iterator[int]:
    for model in apps.get_models():
        for column in model._meta.get_fields():
            if isinstance(column, SealedTextField):
                yield from _column(model, column.name, unopened)


def _column(model: type[models.Model], name: str, unopened: list[str]) -> Iterator[int]:
    rows = model._default_manager.exclude(**{name: ""}).order_by("pk")
    for row in rows.iterator():
        sealed = getattr(row, name)
        if is_newest(sealed):
            continue
        try:
            new = seal(unseal(sealed))
        except SealBrokenError:
            unopened.append(f"{model._meta.verbose_name} {row}")
            continue
        # Somebody who sets another one meanwhile seals it with the newest key: nothing is left to do then.
        yield model._default_manager.filter(pk=row.pk, **{name: sealed}).update(**{name: new})


def _second_factors(unopened: list[str]) -> Iterator[int]:
    for pk in Authenticator.objects.order_by("pk").values_list("pk", flat=True):
        yield _second_factor(pk, unopened)


@transaction.atomic
def _second_factor(pk: int, unopened: list[str]) -> int:
    row = Authenticator.objects.select_for_update(of=("self",)).select_related("user").filter(pk=pk).first()
    if row is None:
        return 0
    try:
        new = _resealed(row.data)
    except SealBrokenError:
        unopened.append(f"{row.get_type_display()} of {row.user}")
        return 0
    if new:
        row.data |= new
        row.save(update_fields=["data"])
    return len(new)


def _resealed(data: dict[str, object]) -> dict[str, object]:
    """What of an authenticator's data is not sealed with the newest key, sealed so."""
    new: dict[str, object] = {}
    for name in SECRETS:
        match data.get(name):
            case str(sealed) if not is_newest(sealed):
                new[name] = seal(unseal(sealed))
            case [*texts] if any(not is_newest(str(text)) for text in texts):
                new[name] = [seal(unseal(str(text))) for text in texts]
    return new
