from django.urls import path

from attribution_portal.partners import views

app_name = "partners"
urlpatterns = [
    path("", views.picker, name="picker"),
    path("partners/", views.choose, name="choose"),
]
