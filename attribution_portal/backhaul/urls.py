from django.urls import path

from attribution_portal.backhaul import views

app_name = "backhaul"
urlpatterns = [
    path("", views.packages, name="packages"),
    path("<id:package_id>/", views.package, name="package"),
    path("<id:package_id>/settings/", views.settings, name="settings"),
]
