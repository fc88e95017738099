from django.urls import path

from attribution_portal.backhaul import rounds_views

app_name = "polling"
urlpatterns = [path("", rounds_views.progress, name="progress")]
