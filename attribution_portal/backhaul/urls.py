from django.urls import path

from attribution_portal.backhaul.evaluation import views
from attribution_portal.backhaul.overview import views as list_views
from attribution_portal.backhaul.settings import defaults_views

app_name = "backhaul"
urlpatterns = [
    path("packages/", list_views.packages, name="packages"),
    path("packages.csv", list_views.export, {"form": "csv"}, name="csv"),
    path("packages.xlsx", list_views.export, {"form": "xlsx"}, name="xlsx"),
    path("packages/<id:package_id>/", views.package, name="package"),
    path("packages/<id:package_id>/settings/", views.settings, name="settings"),
    path(
        "packages/<id:package_id>/evaluation.csv",
        views.export,
        {"what": "evaluation", "form": "csv"},
        name="evaluation_csv",
    ),
    path(
        "packages/<id:package_id>/evaluation.xlsx",
        views.export,
        {"what": "evaluation", "form": "xlsx"},
        name="evaluation_xlsx",
    ),
    path("packages/<id:package_id>/results.csv", views.export, {"what": "results", "form": "csv"}, name="results_csv"),
    path(
        "packages/<id:package_id>/results.xlsx", views.export, {"what": "results", "form": "xlsx"}, name="results_xlsx"
    ),
    path("package-defaults/", defaults_views.package_defaults, name="defaults"),
]
