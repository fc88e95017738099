from django.urls import path

from attribution_portal.backhaul.polling import views

app_name = "polling"
urlpatterns = [path("", views.progress, name="progress")]
