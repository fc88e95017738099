from django.urls import path

from attribution_portal.lookout import views

app_name = "lookout"
urlpatterns = [
    path("", views.events, name="events"),
    path("<id:eid>/", views.event, name="event"),
]
