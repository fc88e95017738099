"""How a partner's id stands in an address."""

from __future__ import annotations

from django.urls.converters import StringConverter


class PartnerIdConverter(StringConverter):
    """Whatever `platform_api.tokens` takes for a partner id: visible ASCII without a slash, wider than a slug."""

    regex = "[!-.0-~]+"
