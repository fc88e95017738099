from django.urls import path

from attribution_portal.lookout import model_views, refresh_views, views

app_name = "lookout"
urlpatterns = [
    path("", views.events, name="events"),
    path("<id:eid>/", views.event, name="event"),
    path("<id:eid>/model/", model_views.model, name="model"),
    path("<id:eid>/refresh/", refresh_views.refresh, name="refresh"),
]
