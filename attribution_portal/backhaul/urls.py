from django.urls import path

from attribution_portal.backhaul import defaults_views, list_views, views

app_name = "backhaul"
urlpatterns = [
    path("packages/", list_views.packages, name="packages"),
    path("packages.csv", list_views.export, {"form": "csv"}, name="csv"),
    path("packages.xlsx", list_views.export, {"form": "xlsx"}, name="xlsx"),
    path("packages/<id:package_id>/", views.package, name="package"),
    path("packages/<id:package_id>/settings/", views.settings, name="settings"),
    path("package-defaults/", defaults_views.package_defaults, name="defaults"),
]
