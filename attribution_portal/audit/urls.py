from django.urls import path

from attribution_portal.audit import views

app_name = "audit"
urlpatterns = [
    path("p/<partner:partner_id>/activity/", views.activity, name="activity"),
    path("p/<partner:partner_id>/activity.csv", views.export, {"form": "csv"}, name="csv"),
    path("p/<partner:partner_id>/activity.xlsx", views.export, {"form": "xlsx"}, name="xlsx"),
    path("operate/activity/", views.portal_activity, name="portal_activity"),
    path("operate/activity.csv", views.portal_export, {"form": "csv"}, name="portal_csv"),
    path("operate/activity.xlsx", views.portal_export, {"form": "xlsx"}, name="portal_xlsx"),
]
