"""The form of a partner's package defaults, as a manager fills and sends it, and what came of it."""

from __future__ import annotations

from django.http import HttpResponse
from django.test import Client

from attribution_portal.audit.models import AuditEvent
from attribution_portal.partners.connection import caller_for
from attribution_portal.partners.models import Partner
from attribution_portal.platform_api import packages
from attribution_portal.platform_api.payloads import AttributionSettings
from attribution_portal.sandbox.app import Sandbox
from tests.backhaul.html import hidden

ACME = "partner-id-acme"
URL = f"/p/{ACME}/package-defaults/"
PATH = "/partners/*/backhaul_attribution_details"
WANTED = {"model": "ALL_PURCHASES", "window": "21", "email_sent_date": ""}
IN_FORCE = AttributionSettings(model="EVENTS_FROM_PACKAGE", window=14, email_sent_date=None)
NEW = AttributionSettings(model="ALL_PURCHASES", window=21, email_sent_date=None)


def page(client: Client, url: str = URL) -> str:
    return client.get(url).content.decode()


def send(client: Client, html: str, *, confirm: bool = False, **values: str) -> HttpResponse:
    """The form of a page, with other values; its second button when `confirm`."""
    form = {**WANTED, **hidden(html, "defaults"), **values}
    answer = client.post(URL, {**form, **({"confirm": "yes"} if confirm else {})})
    assert isinstance(answer, HttpResponse)
    return answer


def save(client: Client, **values: str) -> HttpResponse:
    """Both steps."""
    preview = send(client, page(client), **values)
    assert preview.status_code == 200
    return send(client, preview.content.decode(), confirm=True, **values)


def posts(sandbox: Sandbox) -> int:
    return len(sandbox.log.of(method="POST", path=PATH))


def defaults_of(partner: Partner) -> AttributionSettings:
    return packages.partner_defaults(caller=caller_for(partner).rereading()).value


def put_elsewhere(partner: Partner, window: int) -> AttributionSettings:
    """Somebody changes the defaults with another tool."""
    settings = AttributionSettings(model="EVENTS_FROM_PACKAGE", window=window, email_sent_date=None)
    packages.post_partner_defaults(caller=caller_for(partner), settings=settings)
    return settings


def on_record() -> list[tuple[str, str]]:
    events = AuditEvent.objects.filter(kind="defaults_changed").order_by("position")
    return [(event.outcome, event.email) for event in events]
