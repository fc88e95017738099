from django.urls import URLPattern

app_name = "wave"
urlpatterns: list[URLPattern] = []
