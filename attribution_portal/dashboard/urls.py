from django.urls import path

from attribution_portal.dashboard import views

app_name = "dashboard"
urlpatterns = [path("", views.dashboard, name="page")]
