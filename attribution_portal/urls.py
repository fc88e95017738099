"""Every address of the portal. Partners' pages live under /p/<partner_id>/."""

from django.urls import include, path, register_converter

from attribution_portal.partners.converters import PartnerIdConverter, PlatformIdConverter

register_converter(PartnerIdConverter, "partner")
register_converter(PlatformIdConverter, "id")

urlpatterns = [
    path("", include("attribution_portal.partners.urls")),
    path("", include("attribution_portal.members.urls")),
    path("", include("attribution_portal.audit.urls")),
    path("p/<partner:partner_id>/", include("attribution_portal.dashboard.urls")),
    path("p/<partner:partner_id>/events/", include("attribution_portal.lookout.urls")),
    path("p/<partner:partner_id>/events/<id:eid>/adjustments/", include("attribution_portal.adjustments.urls")),
    path("p/<partner:partner_id>/campaigns/", include("attribution_portal.wave.urls")),
    path("", include("attribution_portal.review.urls")),
    path("p/<partner:partner_id>/", include("attribution_portal.backhaul.urls")),
    path("operate/polling/", include("attribution_portal.backhaul.polling.urls")),
    path("operate/", include("attribution_portal.operators.urls")),
    path("account/", include("attribution_portal.accounts.urls")),
    path("account/", include("django.conf.urls.i18n")),
]
handler429 = "attribution_portal.accounts.views.too_many_requests"
