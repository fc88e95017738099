"""How ids of the platform stand in an address."""

from __future__ import annotations

from django.urls.converters import StringConverter


class PartnerIdConverter(StringConverter):
    """Whatever `platform_api.tokens` takes for a partner id: visible ASCII without a slash, wider than a slug."""

    regex = "[!-.0-~]+"


class PlatformIdConverter(StringConverter):
    """An opaque id of an event or a package (contract §5, §8): anything but a slash and NUL, which Postgres refuses."""

    regex = "[^/\\x00]+"
