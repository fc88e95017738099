from django.urls import URLPattern

app_name = "lookout"
urlpatterns: list[URLPattern] = []
