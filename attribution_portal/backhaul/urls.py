from django.urls import URLPattern

app_name = "backhaul"
urlpatterns: list[URLPattern] = []
