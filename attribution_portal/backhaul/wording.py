"""What the package pages say, as sentences. Takes values and a `Reader`; knows no database and no clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from attribution_portal.backhaul.models import MODELS
from attribution_portal.backhaul.state import BUILDING, Facts, State, window_end
from attribution_portal.formats import Reader
from attribution_portal.platform_api.payloads import AttributionSettings


def package_status(status: str, reader: Reader) -> str:
    """The platform's word for how far a package is (contract §8); a word that is not known stands as it came."""
    return {
        "INITIALIZING": reader.gettext("Package being started"),
        "INPROGRESS": reader.gettext("Package being built"),
        "DONE": reader.gettext("Package ready"),
        "FAILED": reader.gettext("Package failed"),
        "EXPIRED": reader.gettext("Package expired"),
    }.get(status, status)


def settings_sentence(settings: AttributionSettings, *, events: int, reader: Reader) -> str:
    """What these settings count, from the live values; what is missing is said."""
    if settings.is_empty:
        return reader.gettext("No settings are set, neither for this package nor as the partner's defaults.")
    n = reader.count(events)
    when = _when(settings, reader)
    if settings.model is None:
        text = reader.gettext("No model is set, so nothing says which purchases count.")
        return f"{text} {_anchor(settings, reader)}".strip()
    if settings.model == "EVENTS_FROM_PACKAGE":
        text = reader.ngettext(
            "Counts any ticket bought by the people in this package%(when)s, for the one event in the package.",
            "Counts any ticket bought by the people in this package%(when)s, for the %(n)s events in the package.",
            events,
        )
    elif settings.model == "EVENT_SERIES":
        text = reader.ngettext(
            "Counts any ticket bought by the people in this package%(when)s, for the same event series as the "
            "one event in the package.",
            "Counts any ticket bought by the people in this package%(when)s, for the same event series as the "
            "%(n)s events in the package.",
            events,
        )
    elif settings.model == "ALL_PURCHASES":
        text = reader.gettext("Counts any ticket bought by the people in this package%(when)s, for any event.")
    elif when:
        when = when.strip()
        text = reader.gettext("Counts, %(when)s, what the model “%(model)s” counts, which this portal does not know.")
    else:
        text = reader.gettext("Counts what the model “%(model)s” counts, which this portal does not know.")
    sentence = text % {"when": when, "n": n, "model": settings.model}
    return f"{sentence} {_anchor(settings, reader)}".strip()


def _when(settings: AttributionSettings, reader: Reader) -> str:
    """ " from 1 June to 15 June 2026", or nothing without a window."""
    first = settings.email_sent_date
    last = window_end(window=settings.window, email_sent_date=first)
    if first is None or last is None:
        return ""
    text = reader.gettext("from %(days)s") if first != last else reader.gettext("on %(days)s")
    return " " + text % {"days": reader.day_range(first, last)}


def _anchor(settings: AttributionSettings, reader: Reader) -> str:
    """What keeps the window from having a beginning and an end; "" when nothing does."""
    if window_end(window=settings.window, email_sent_date=settings.email_sent_date) is not None:
        return ""
    if settings.email_sent_date is None and settings.window is not None:
        return reader.ngettext(
            "The e-mail date is not set, so the window of %(n)s day has no anchor.",
            "The e-mail date is not set, so the window of %(n)s days has no anchor.",
            settings.window,
        ) % {"n": reader.count(settings.window)}
    if settings.window is None:
        return reader.gettext("The length of the window is not set.")
    return reader.gettext("The window (%(n)s days) cannot be placed in the calendar.") % {
        "n": reader.count(settings.window)
    }


def inherited_sentence(inherited: tuple[str, ...], *, reader: Reader) -> str:
    """Which of the settings are the partner's defaults."""
    if not inherited:
        return ""
    return reader.gettext("From the partner's defaults: %(names)s.") % {"names": setting_names(inherited, reader)}


def setting_names(names: Sequence[str], reader: Reader) -> str:
    """ "model and window"."""
    words = {
        "model": reader.gettext("model"),
        "window": reader.gettext("window"),
        "email_sent_date": reader.gettext("e-mail date"),
    }
    return reader.listing([words[name] for name in names])


def named_values(settings: AttributionSettings, names: Sequence[str], reader: Reader) -> str:
    """ "model Event series and window 14 days"."""
    words = {
        "model": reader.gettext("model %(value)s") % {"value": model_name(settings.model, reader)},
        "window": reader.gettext("window %(value)s") % {"value": window_words(settings.window, reader)},
        "email_sent_date": reader.gettext("e-mail date %(value)s") % {"value": _day(settings.email_sent_date, reader)},
    }
    return reader.listing([words[name] for name in names])


def defaults_sentence(defaults: AttributionSettings, reader: Reader) -> str:
    """What a partner's defaults count, from the live values; what is missing is said."""
    if defaults.is_empty:
        return reader.gettext("No defaults are set: a package without settings of its own has none.")
    if defaults.model is None:
        text = reader.gettext("No default model is set, so each package needs its own.")
    elif defaults.model == "EVENTS_FROM_PACKAGE":
        text = reader.gettext("A package without settings of its own counts tickets for the events in the package.")
    elif defaults.model == "EVENT_SERIES":
        text = reader.gettext(
            "A package without settings of its own counts tickets for the same event series as the events in the "
            "package."
        )
    elif defaults.model == "ALL_PURCHASES":
        text = reader.gettext("A package without settings of its own counts tickets for any event.")
    else:
        text = reader.gettext(
            "A package without settings of its own counts what the model “%(model)s” counts, which this portal does "
            "not know."
        ) % {"model": defaults.model}
    return f"{text} {_default_window(defaults, reader)}"


def _default_window(defaults: AttributionSettings, reader: Reader) -> str:
    first = defaults.email_sent_date
    last = window_end(window=defaults.window, email_sent_date=first)
    if first is not None and last is not None:
        return reader.gettext("The window is %(days)s, for all of them alike.") % {
            "days": reader.day_range(first, last)
        }
    if first is not None:
        return reader.gettext(
            "The e-mail date is %(day)s; the length of the window is not set, so each package needs its own."
        ) % {"day": reader.day(first)}
    if defaults.window is None:
        return reader.gettext("Neither a window nor an e-mail date is set: each package needs its own.")
    return reader.ngettext(
        "The window is the %(n)s day after the e-mail date. No e-mail date is set here: each package needs its own, "
        "or its window has no beginning.",
        "The window is the %(n)s days after the e-mail date. No e-mail date is set here: each package needs its own, "
        "or its window has no beginning.",
        defaults.window,
    ) % {"n": reader.count(defaults.window)}


def model_name(model: str | None, reader: Reader) -> str:
    """A model as tables and menus name it; one that is not known as the platform words it."""
    known = {
        "ALL_PURCHASES": reader.gettext("All purchases"),
        "EVENTS_FROM_PACKAGE": reader.gettext("Events from the package"),
        "EVENT_SERIES": reader.gettext("Event series"),
    }
    return reader.gettext("not set") if model is None else known.get(model, model)


def unknown_model(model: str | None, reader: Reader, *, can_save: bool) -> str:
    """That the platform has a model which is not known here; "" where it has none. `can_save`: whether who reads it
    can replace it."""
    if model is None or model in MODELS:
        return ""
    text = reader.gettext("The platform has the model “%(model)s”, which this portal does not know.")
    if can_save:
        text = reader.gettext(
            "The platform has the model “%(model)s”, which this portal does not know. Saving replaces it for everyone."
        )
    return text % {"model": model}


def model_help(reader: Reader) -> tuple[tuple[str, str], ...]:
    """Each model's name, and when it fits and what it is bad at."""
    helps = {
        "EVENTS_FROM_PACKAGE": reader.gettext(
            "Recommended for most. Only tickets for the events in the package: the most defensible. Misses what people "
            "bought for other events because of the mailing."
        ),
        "EVENT_SERIES": reader.gettext(
            "Tickets for events of the same series, for tours and recurring fixtures. Also credits later dates that "
            "people might have bought anyway."
        ),
        "ALL_PURCHASES": reader.gettext(
            "Any ticket these people bought: the broadest, for halo effects. Includes purchases that coincide with the "
            "mailing by chance."
        ),
    }
    return tuple((model_name(model, reader), text) for model, text in helps.items())


def settings_short(settings: AttributionSettings, reader: Reader) -> str:
    """Settings in a table's cell: "Event series · 14 days · 1 Jun 2026"."""
    if settings.is_empty:
        return reader.gettext("not set")
    parts = [model_name(settings.model, reader), window_words(settings.window, reader)]
    if settings.email_sent_date is None:
        parts.append(reader.gettext("no e-mail date"))
    else:
        parts.append(reader.day(settings.email_sent_date, short=True))
    return " · ".join(parts)


def window_words(window: int | None, reader: Reader) -> str:
    if window is None:
        return reader.gettext("no window")
    return reader.ngettext("%(n)s day", "%(n)s days", window) % {"n": reader.count(window)}


def difference(before: AttributionSettings, after: AttributionSettings, reader: Reader) -> str:
    """What changed from one to the other: "window 14 days → 21 days"."""
    parts = []
    if before.model != after.model:
        parts.append(
            reader.gettext("model %(before)s → %(after)s")
            % {"before": model_name(before.model, reader), "after": model_name(after.model, reader)}
        )
    if before.window != after.window:
        parts.append(
            reader.gettext("window %(before)s → %(after)s")
            % {"before": window_words(before.window, reader), "after": window_words(after.window, reader)}
        )
    if before.email_sent_date != after.email_sent_date:
        parts.append(
            reader.gettext("e-mail date %(before)s → %(after)s")
            % {
                "before": _day(before.email_sent_date, reader),
                "after": _day(after.email_sent_date, reader),
            }
        )
    return reader.listing(parts)


def _day(day: date | None, reader: Reader) -> str:
    return reader.gettext("not set") if day is None else reader.day(day, short=True)


def state_name(state: State, reader: Reader) -> str:
    return {
        State.NONE: reader.gettext("No results yet"),
        State.CURRENT: reader.gettext("Current"),
        State.WAITING: reader.gettext("Waiting"),
        State.UNCHANGED: reader.gettext("Cannot tell"),
        State.PROVISIONAL: reader.gettext("Provisional"),
        State.FINAL: reader.gettext("Final"),
        State.FAILING: reader.gettext("Cannot be read"),
        State.ENDED: reader.gettext("Ended"),
    }[state]


def state_sentence(state: State, facts: Facts, *, results_from: datetime | None, error: str, reader: Reader) -> str:
    """The state in words, and what to expect. `results_from`: when the results shown were first read; `error`: why
    reading fails."""
    end = window_end(window=facts.window, email_sent_date=facts.email_sent_date)
    said = {
        "changed": reader.ago(facts.settings_changed_at, facts.now),
        "changed_at": reader.instant(facts.settings_changed_at),
        "results": reader.instant(results_from),
        "end": reader.day(end),
        "since": reader.instant(facts.failing_since),
        "error": error,
    }
    if state is State.WAITING:
        text = reader.gettext(
            "The settings changed %(changed)s. These are still the results from %(results)s, which belong to the "
            "settings of before. New ones usually arrive overnight; this page shows them by itself."
        )
    elif state is State.UNCHANGED:
        text = reader.gettext(
            "The settings changed on %(changed_at)s, and 48 hours later the results are still the same. Whether they "
            "belong to the new settings cannot be told."
        )
    elif state is State.PROVISIONAL:
        text = _provisional(facts, end, reader)
    elif state is State.FINAL:
        text = reader.gettext("The window closed on %(end)s and the results were read after that: they are final.")
    elif state is State.FAILING:
        text = reader.gettext("The portal has not been able to read this package since %(since)s. %(error)s")
        if results_from is not None:
            text += " " + reader.gettext("What you see was read before that.")
    elif state is State.ENDED:
        text = ended(facts.package_status, reader, vanished=facts.vanished)
        if facts.failing_since is not None:
            text += " " + reader.gettext("Reading it once more has failed since %(since)s. %(error)s")
    elif state is State.CURRENT:
        text = reader.gettext(
            "These are the latest results. Without a window that begins and ends, nothing says when they are final."
        )
    else:
        text = _none(facts, reader)
    return text % said


def _provisional(facts: Facts, end: date | None, reader: Reader) -> str:
    sent, window = facts.email_sent_date, facts.window
    if end is not None and sent is not None and window is not None and facts.today <= end:
        if facts.today < sent:
            return reader.gettext("The window is open until %(end)s and has not begun: the results can still grow.")
        text = reader.gettext("The window is open until %(end)s: the results can still grow.")
        return f"{text} {clock(facts, reader)}"
    return reader.gettext(
        "The window closed on %(end)s, but the results have not been read since: they can still grow."
    )


def clock(facts: Facts, reader: Reader) -> str:
    """The window's clock: "Day 9 of 14, provisional, final after 15 June 2026."; "" while it does not run."""
    day = day_of_window(facts)
    end = window_end(window=facts.window, email_sent_date=facts.email_sent_date)
    if day is None or facts.window is None:
        return ""
    return reader.gettext("Day %(day)s of %(window)s, provisional, final after %(end)s.") % {
        "day": reader.count(day),
        "window": reader.count(facts.window),
        "end": reader.day(end),
    }


def day_of_window(facts: Facts) -> int | None:
    """How many days after the e-mail date it is, 0 on that day; None before it, after the window and without one."""
    end = window_end(window=facts.window, email_sent_date=facts.email_sent_date)
    sent = facts.email_sent_date
    return (facts.today - sent).days if sent is not None and end is not None and sent <= facts.today <= end else None


def next_reading(next_due: datetime | None, now: datetime, reader: Reader) -> str:
    """When the platform is read again."""
    if next_due is None:
        return reader.gettext("It is not read again.")
    if next_due <= now:
        return reader.gettext("It is read again at any moment.")
    return reader.gettext("It is read again at about %(when)s.") % {"when": reader.instant(next_due)}


def ended(status: str, reader: Reader, *, vanished: bool) -> str:
    """Why a package has ended."""
    if vanished:
        return reader.gettext("The platform no longer lists this package. The last results are kept here.")
    if status == "FAILED":
        return reader.gettext("The platform could not build this package.")
    return reader.gettext("The package has expired: its customer lists are gone, and the last results are kept.")


def _none(facts: Facts, reader: Reader) -> str:
    if facts.package_status in BUILDING:
        return reader.gettext("The platform is still building this package. Results can only come after that.")
    if facts.settings_changed_at is not None:
        return reader.gettext("The settings changed %(changed)s. The first results usually arrive overnight.")
    return reader.gettext(
        "There are no results yet. The platform computes them by its own schedule, usually overnight."
    )


def moved(after: int | Decimal, before: int | Decimal | None, reader: Reader, currency: str | None = None) -> str:
    """The difference to the row before, signed; "" without one."""
    if before is None or after == before:
        return ""
    return reader.change(after - before, currency)
