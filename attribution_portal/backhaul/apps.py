from django.apps import AppConfig


class BackhaulConfig(AppConfig):
    name = "attribution_portal.backhaul"

    def ready(self) -> None:
        from attribution_portal import bands
        from attribution_portal import claims as claimed
        from attribution_portal.backhaul import claims, outages, windows
        from attribution_portal.partners.serving import resumed

        resumed.connect(outages.try_again)
        bands.register(windows.of_event)
        claimed.register(claims.of_event)
