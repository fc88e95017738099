from django.urls import path

from attribution_portal.backhaul import defaults_views, views

app_name = "backhaul"
urlpatterns = [
    path("packages/", views.packages, name="packages"),
    path("packages/<id:package_id>/", views.package, name="package"),
    path("packages/<id:package_id>/settings/", views.settings, name="settings"),
    path("package-defaults/", defaults_views.package_defaults, name="defaults"),
]
