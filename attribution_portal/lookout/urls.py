from django.urls import path

from attribution_portal.lookout import file_views, model_views, refresh_views, views

app_name = "lookout"
urlpatterns = [
    path("", views.events, name="events"),
    path("events.csv", file_views.events, {"form": "csv"}, name="events_csv"),
    path("events.xlsx", file_views.events, {"form": "xlsx"}, name="events_xlsx"),
    path("<id:eid>/", views.event, name="event"),
    path("<id:eid>/model/", model_views.model, name="model"),
    path("<id:eid>/daily-revenue.csv", file_views.export, {"form": "csv"}, name="sales_csv"),
    path("<id:eid>/daily-revenue.xlsx", file_views.export, {"form": "xlsx"}, name="sales_xlsx"),
    path("<id:eid>/refresh/", refresh_views.refresh, name="refresh"),
]
