"""What the platform answers of packages, as the ledger takes it.

Settings and results are read side by side. Only when the results differ from those stored are the settings read once
more: if they moved in between, nobody can say which of them the results belong to, and the ledger says so. An
unchanged package thus costs two reads, not three.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

from attribution_portal.backhaul import clock
from attribution_portal.backhaul.ledger import fingerprints, recording
from attribution_portal.backhaul.models import PollState
from attribution_portal.backhaul.precedence import UNSET, in_force
from attribution_portal.platform_api import packages
from attribution_portal.platform_api.errors import BadPayload, NotPermitted, PlatformError
from attribution_portal.platform_api.gather import gather, gather_on
from attribution_portal.platform_api.payloads import AttributionSettings, EvaluationResult, Reading
from attribution_portal.platform_api.payloads import Package as PackageAnswer
from attribution_portal.platform_api.transport import Caller

T = TypeVar("T")
Answer = Reading[AttributionSettings] | Reading[EvaluationResult] | Reading[PackageAnswer]

LARGEST_SUM: Final = 10**18


def read(
    *, states: Sequence[PollState], caller: Caller, deadline: float | None, on: Executor | None = None
) -> tuple[list[recording.Observation], list[recording.Failure]]:
    """Ask the platform for packages of the caller's partner; `package` and `latest` are selected with their states.
    `on`: threads to read on, else those that all share."""
    started = clock.now()
    # Readings are dated by this process.
    ahead = clock.ahead(started)
    asked: dict[str, Callable[[], Answer]] = {}
    for state in states:
        package_id = state.package.package_id
        asked[f"settings_{state.pk}"] = partial(packages.settings, caller=caller, package_id=package_id)
        asked[f"results_{state.pk}"] = partial(packages.evaluation, caller=caller, package_id=package_id)
        if state.package.clusters_read_at is None:
            asked[f"package_{state.pk}"] = partial(packages.get, caller=caller, package_id=package_id)
    answers = _gathered(asked, deadline=deadline, on=on)
    failures: list[recording.Failure] = []
    good: list[_Pair] = []
    for state in states:
        settings, results = answers[f"settings_{state.pk}"], answers[f"results_{state.pk}"]
        if isinstance(settings, PlatformError) or isinstance(results, PlatformError):
            error = settings if isinstance(settings, PlatformError) else results
            assert isinstance(error, PlatformError)  # noqa: S101
            failures.append(recording.Failure(package=state.pk, error=error, at=clock.now()))
        elif not _has_credible_sums(_value(results, EvaluationResult)):
            absurd = BadPayload("sums beyond belief", endpoint=packages.EVALUATION.endpoint.name)
            failures.append(recording.Failure(package=state.pk, error=absurd, at=clock.now()))
        else:
            good.append(
                _Pair(
                    state,
                    _value(settings, AttributionSettings),
                    _value(results, EvaluationResult),
                    results.read_at + ahead,
                )
            )
    defaults = _defaults(caller) if any(_has_gaps(pair.settings) for pair in good) else UNSET
    held = _held(good, caller=caller, deadline=deadline, on=on)
    observations: list[recording.Observation] = []
    for pair in good:
        if isinstance(defaults, PlatformError) and _has_gaps(pair.settings):
            failures.append(recording.Failure(package=pair.state.pk, error=defaults, at=clock.now()))
            continue
        still = held.get(pair.state.pk, True)
        if isinstance(still, PlatformError):
            failures.append(recording.Failure(package=pair.state.pk, error=still, at=clock.now()))
            continue
        details = answers.get(f"package_{pair.state.pk}")
        observations.append(
            recording.Observation(
                package=pair.state.pk,
                in_force=in_force(pair.settings, UNSET if isinstance(defaults, PlatformError) else defaults),
                result=pair.result,
                held=still,
                started_at=started,
                read_at=pair.read_at,
                clusters=_value(details, PackageAnswer).clusters or () if isinstance(details, Reading) else None,
                stage=recording.stage_of(pair.state.package),
            )
        )
    return observations, failures


def _gathered(
    calls: Mapping[str, Callable[[], T]], *, deadline: float | None, on: Executor | None
) -> dict[str, T | PlatformError]:
    return gather(deadline=deadline, **calls) if on is None else gather_on(on, calls, deadline=deadline)


@dataclass(frozen=True, slots=True)
class _Pair:
    state: PollState
    settings: AttributionSettings
    result: EvaluationResult
    read_at: datetime


def _has_credible_sums(result: EvaluationResult) -> bool:
    """Each number alone is credible by now; thousands of clusters may sum to more than a column holds."""
    return all(-LARGEST_SUM < total < LARGEST_SUM for total in (result.customers, result.items, result.revenue))


def _value(answer: Answer, kind: type[T]) -> T:
    """The names under which calls are gathered say what each answers; the type checker cannot know."""
    assert isinstance(answer.value, kind)  # noqa: S101
    return answer.value


def _has_gaps(settings: AttributionSettings) -> bool:
    return None in (settings.model, settings.window, settings.email_sent_date)


def _defaults(caller: Caller) -> AttributionSettings | PlatformError:
    """What fills the gaps. An account that may not read the defaults reads none."""
    try:
        return packages.partner_defaults(caller=caller).value
    except NotPermitted:
        return UNSET
    except PlatformError as error:
        return error


def _held(
    pairs: Sequence[_Pair], *, caller: Caller, deadline: float | None, on: Executor | None
) -> dict[int, bool | PlatformError]:
    """For packages with news: whether their settings, read once more, are still those of before; or why that could not
    be read. Such a package is read again as a whole, for its news are nobody's before that."""
    news = {
        str(pair.state.pk): pair
        for pair in pairs
        if pair.state.latest is not None
        and pair.result.clusters
        and pair.state.latest.fingerprint != fingerprints.of_result(pair.result)
    }
    asked = {
        name: partial(packages.settings, caller=caller, package_id=pair.state.package.package_id)
        for name, pair in news.items()
    }
    again = _gathered(asked, deadline=deadline, on=on)
    return {
        pair.state.pk: answer.value == pair.settings if isinstance(answer := again[name], Reading) else answer
        for name, pair in news.items()
    }
