from django.urls import path

from attribution_portal.members import answering, views

app_name = "members"
urlpatterns = [
    path("p/<partner:partner_id>/members/", views.page, name="page"),
    path("p/<partner:partner_id>/members/invite/", views.invite, name="invite"),
    path("p/<partner:partner_id>/members/second-factor/", views.mfa_rule, name="mfa_rule"),
    path("p/<partner:partner_id>/members/<int:membership_id>/", views.member, name="member"),
    path("p/<partner:partner_id>/members/<int:membership_id>/role/", views.role, name="role"),
    path("p/<partner:partner_id>/members/<int:membership_id>/remove/", views.remove, name="remove"),
    path("p/<partner:partner_id>/members/invitations/<int:invitation_id>/resend/", views.resend, name="resend"),
    path("p/<partner:partner_id>/members/invitations/<int:invitation_id>/revoke/", views.revoke, name="revoke"),
    path("invitation/<str:token>/", answering.accept, name="accept"),
    path("invitation/<int:number>/answer/", answering.answer, name="answer"),
    path("invitation/<int:number>/sign-out/", answering.switch_person, name="switch_person"),
]
