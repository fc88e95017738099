from django.urls import path

from attribution_portal.review import signing_views

app_name = "review"
urlpatterns = [
    path(
        "p/<partner:partner_id>/packages/<id:package_id>/sign-off/",
        signing_views.sign_off,
        name="sign-off",
    ),
    path(
        "p/<partner:partner_id>/packages/<id:package_id>/sign-off/withdraw/",
        signing_views.withdraw,
        name="withdraw",
    ),
]
