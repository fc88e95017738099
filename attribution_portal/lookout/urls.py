from django.urls import path

from attribution_portal.lookout import model_views, views

app_name = "lookout"
urlpatterns = [
    path("", views.events, name="events"),
    path("<id:eid>/", views.event, name="event"),
    path("<id:eid>/model/", model_views.model, name="model"),
]
