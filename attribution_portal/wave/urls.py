"""Campaigns of one partner's events."""

from django.urls import path

from attribution_portal.wave import refresh_views, views
from attribution_portal.wave.overview import views as list_views

app_name = "wave"
urlpatterns = [
    path("", list_views.campaigns, name="campaigns"),
    path("campaigns.csv", list_views.export, {"form": "csv"}, name="campaigns_csv"),
    path("campaigns.xlsx", list_views.export, {"form": "xlsx"}, name="campaigns_xlsx"),
    path("<id:eid>/", views.campaign, name="campaign"),
    path("<id:eid>/campaign.csv", views.export, {"form": "csv"}, name="csv"),
    path("<id:eid>/campaign.xlsx", views.export, {"form": "xlsx"}, name="xlsx"),
    path("<id:eid>/refresh/", refresh_views.refresh, name="refresh"),
]
