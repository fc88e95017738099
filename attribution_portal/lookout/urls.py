from django.urls import path

from attribution_portal.lookout import refresh_views, views
from attribution_portal.lookout.daily import views as daily_views
from attribution_portal.lookout.event_model import views as model_views
from attribution_portal.lookout.overview import views as list_views

app_name = "lookout"
urlpatterns = [
    path("", list_views.events, name="events"),
    path("events.csv", list_views.export, {"form": "csv"}, name="events_csv"),
    path("events.xlsx", list_views.export, {"form": "xlsx"}, name="events_xlsx"),
    path("<id:eid>/", views.event, name="event"),
    path("<id:eid>/model/", model_views.model, name="model"),
    path("<id:eid>/daily-revenue.csv", daily_views.export, {"form": "csv"}, name="sales_csv"),
    path("<id:eid>/daily-revenue.xlsx", daily_views.export, {"form": "xlsx"}, name="sales_xlsx"),
    path("<id:eid>/refresh/", refresh_views.refresh, name="refresh"),
]
