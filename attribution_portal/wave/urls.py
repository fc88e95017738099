"""Campaigns of one partner's events."""

from django.urls import path

from attribution_portal.wave import views

app_name = "wave"
urlpatterns = [path("<id:eid>/", views.campaign, name="campaign")]
