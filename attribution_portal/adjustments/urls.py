"""What people change about an event's adjustments. The list itself stands on the pages of Lookout and Wave."""

from django.urls import path

from attribution_portal.adjustments import file_views, views

app_name = "adjustments"
urlpatterns = [
    path("", views.create, name="create"),
    path("delete/", views.delete, name="delete"),
    path("undo/", views.undo, name="undo"),
    path("check/", views.check, name="check"),
    path("adjustments.csv", file_views.export, {"form": "csv"}, name="csv"),
    path("adjustments.xlsx", file_views.export, {"form": "xlsx"}, name="xlsx"),
]
