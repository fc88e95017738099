from django.urls import path

from attribution_portal.operators import account_views, partner_views, person_views

app_name = "operators"
urlpatterns = [
    path("", account_views.accounts, name="accounts"),
    path("accounts/add/", account_views.add, name="add-account"),
    path("accounts/<int:pk>/", account_views.account, name="account"),
    path("accounts/<int:pk>/check/", account_views.check, name="check-account"),
    path("accounts/<int:pk>/password/", account_views.change_password, name="change-password"),
    path("accounts/<int:pk>/remove/", account_views.remove, name="remove-account"),
    path("partners/", partner_views.partners, name="partners"),
    path("partners/<partner:partner_id>/", partner_views.partner, name="partner"),
    path("partners/<partner:partner_id>/zone/", partner_views.zone, name="zone"),
    path("partners/<partner:partner_id>/switch/", partner_views.switch, name="switch"),
    path("people/", person_views.people, name="people"),
    path("people/<int:pk>/", person_views.person, name="person"),
    path("people/<int:pk>/sign-in/", person_views.sign_in, name="person-sign-in"),
    path("people/<int:pk>/operator/", person_views.operator, name="person-operator"),
    path("people/<int:pk>/sessions/", person_views.sessions, name="person-sessions"),
    path("people/<int:pk>/factors/", person_views.factors, name="person-factors"),
]
