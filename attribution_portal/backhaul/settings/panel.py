"""The panel `settings` of a package's page: what is set, by whom each value is given, and what a change would do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from attribution_portal.backhaul import precedence, wording
from attribution_portal.backhaul.models import Package
from attribution_portal.backhaul.precedence import SETTING_NAMES
from attribution_portal.backhaul.settings.forms import SettingsForm
from attribution_portal.backhaul.sign_off.reviews import Standing
from attribution_portal.backhaul.state import State, window_end
from attribution_portal.formats import Reader
from attribution_portal.panels import Panel
from attribution_portal.platform_api.payloads import AttributionSettings


@dataclass(frozen=True, slots=True)
class Value:
    """One of the settings in force. `source`: whether it is the package's own or the partner's default."""

    name: str
    label: str
    shown: str
    source: str


@dataclass(frozen=True, slots=True)
class SettingsInForce:
    """What the panel shows beside its form, or, to those who cannot change anything, instead of it with the `sentence`.
    `notices`: what is odd or missing in what is set; `models` are names and what each is good and bad at. `closed`: why
    nothing can be changed any more, "" while it can. `read_at`: of the facts, which are swapped without their panel."""

    sentence: str
    values: tuple[Value, ...]
    notices: tuple[str, ...]
    models: tuple[tuple[str, str], ...]
    closed: str
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Effect:
    """What saving would do, in words. `asks`: it is sent only by a second button, since it overwrites what the portal
    does not know."""

    sentences: tuple[str, ...]
    asks: bool


@dataclass(frozen=True, slots=True)
class Entered:
    """One of the values in a form that can no longer be sent."""

    name: str
    label: str
    shown: str


def panel(
    *,
    package: Package,
    today: date,
    state: State,
    may_change: bool,
    reader: Reader,
    known_until: datetime | None = None,
) -> Panel[SettingsInForce]:
    """The settings last read. `today`: the partner's day. `may_change`: whether a form is there while they can be
    changed. `known_until`: the past moment that `package` is as known at, None for now."""
    poll = package.poll
    if known_until is not None and package.first_seen > known_until:
        return Panel("settings", "empty", sentence=reader.gettext("Nothing was read of this package by then."))
    has_form = may_change and state is not State.ENDED and known_until is None
    data = SettingsInForce(
        sentence=""
        if has_form
        else wording.settings_sentence(poll.settings, events=len(package.events), reader=reader),
        values=_values(poll.settings, tuple(poll.inherited), reader),
        notices=_notices(poll.settings, today, reader, has_form=has_form) if poll.last_ok_at is not None else (),
        models=wording.model_help(reader),
        closed=_closed(package, reader) if state is State.ENDED else "",
        read_at=poll.last_ok_at,
    )
    return Panel("settings", "ready", data=data)


def _closed(package: Package, reader: Reader) -> str:
    why = wording.ended(package.status, reader, vanished=package.vanished_at is not None)
    return f"{has_ended(reader)} {why}"


def has_ended(reader: Reader) -> str:
    return reader.gettext("The package has ended: its settings cannot be changed any more.")


def entered(form: SettingsForm, reader: Reader) -> tuple[Entered, ...]:
    """What somebody had typed when the package ended under their hands."""
    return tuple(
        Entered(name, str(form[name].label), _as_read(name, text, reader)) for name, text in form.typed.items()
    )


def _as_read(name: str, text: str, reader: Reader) -> str:
    if name == "model":
        return wording.model_name(text, reader)
    if name == "email_sent_date":
        try:
            return reader.day(date.fromisoformat(text))
        except ValueError:
            return text
    return text


def effect(
    *,
    package: Package,
    wanted: AttributionSettings,
    signed: Standing,
    today: date,
    asks: bool,
    lacks_reason: bool,
    reader: Reader,
) -> Effect:
    """`signed`: whether the package is signed off now. `lacks_reason`: it could not be saved as it is."""
    now = package.poll.settings
    if wanted == now and not package.poll.inherited:
        return Effect((reader.gettext("Nothing would change: these settings are in force already."),), asks=False)
    sentences = []
    if what := wording.difference(now, wanted, reader):
        sentences.append(reader.gettext("The settings change: %(what)s.") % {"what": what})
    if package.poll.inherited:
        sentences.append(
            reader.gettext(
                "All three values become the package's own: it no longer follows the partner's defaults when those "
                "change."
            )
        )
    sentences.append(wording.settings_sentence(wanted, events=len(package.events), reader=reader))
    end = window_end(window=wanted.window, email_sent_date=wanted.email_sent_date)
    if end is not None and today <= end:
        sentences.append(
            reader.gettext("The window would be open until %(day)s, and the results provisional until then.")
            % {"day": reader.day(end)}
        )
    elif end is not None:
        sentences.append(
            reader.gettext("The window has been over since %(day)s: the new results are final at once.")
            % {"day": reader.day(end)}
        )
    sentences.append(
        reader.gettext(
            "The platform replaces the one setting of this package and recalculates it for everyone. The present "
            "result stays in “Results so far”."
        )
    )
    if asks:
        sentences.append(
            reader.gettext("It replaces the model “%(model)s”, which this portal does not know and cannot set again.")
            % {"model": now.model or ""}
        )
    if signed.is_signed and signed.review is not None:
        sentences.append(reader.gettext("The sign-off by %(who)s ends with it.") % {"who": signed.review.reviewer_name})
    if lacks_reason:
        sentences.append(reader.gettext("To save it, say why in the field “Reason”."))
    return Effect(tuple(sentences), asks)


def _values(settings: AttributionSettings, inherited: tuple[str, ...], reader: Reader) -> tuple[Value, ...]:
    labels = {
        "model": reader.gettext("Model"),
        "window": reader.gettext("Window"),
        "email_sent_date": reader.gettext("E-mail date"),
    }
    shown = {
        "model": wording.model_name(settings.model, reader),
        "window": wording.window_words(settings.window, reader),
        "email_sent_date": reader.gettext("not set")
        if settings.email_sent_date is None
        else reader.day(settings.email_sent_date),
    }
    own = precedence.own_of(settings, inherited)
    return tuple(
        Value(name, labels[name], shown[name], _source(name, own, inherited, reader)) for name in SETTING_NAMES
    )


def _source(name: str, own: AttributionSettings, inherited: tuple[str, ...], reader: Reader) -> str:
    if name in inherited:
        return reader.gettext("the partner's default")
    if getattr(own, name) is None:
        return reader.gettext("neither the package nor the partner's defaults say")
    return reader.gettext("set for this package")


def _notices(settings: AttributionSettings, today: date, reader: Reader, *, has_form: bool) -> tuple[str, ...]:
    """`has_form`: whether who reads them can set something. Nobody else is asked for it."""
    notices = []
    if unknown := wording.unknown_model(settings.model, reader, can_save=has_form):
        notices.append(unknown)
    if settings.email_sent_date is None and not settings.is_empty:
        asked = reader.gettext("No e-mail date is set, so there is no window. On which day did the message go out?")
        notices.append(asked if has_form else reader.gettext("No e-mail date is set, so there is no window."))
    if settings.email_sent_date is not None and settings.email_sent_date > today:
        notices.append(
            reader.gettext("The e-mail date, %(day)s, lies in the future: nothing is counted before it.")
            % {"day": reader.day(settings.email_sent_date)}
        )
    if settings.window == 0:
        notices.append(reader.gettext("The window is 0 days: only purchases on the e-mail date itself could count."))
    elif settings.window is None and not settings.is_empty:
        notices.append(reader.gettext("No window is set: nothing says when the results are final."))
    return tuple(notices)
