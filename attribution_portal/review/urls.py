from django.urls import path

from attribution_portal.review import signing_views, views

PACKAGE = "p/<partner:partner_id>/packages/<id:package_id>/"

app_name = "review"
urlpatterns = [
    path("review/", views.board, name="board"),
    path("review.csv", views.export, {"form": "csv"}, name="csv"),
    path("review.xlsx", views.export, {"form": "xlsx"}, name="xlsx"),
    path(f"{PACKAGE}sign-off/", signing_views.sign_off, name="sign-off"),
    path(f"{PACKAGE}sign-off/withdraw/", signing_views.withdraw, name="withdraw"),
]
