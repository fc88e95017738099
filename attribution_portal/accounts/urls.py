"""Addresses of one's own account, by the names that allauth knows them by.

What is not here does not exist. Nobody signs themselves up. Nobody changes, adds or confirms an e-mail address: it is
the identity that a partner's account manager invited and that single sign-on is matched by, so that a person who could
change it would leave with it, or take over somebody else's. A new address is a new invitation. Nobody connects or
disconnects single sign-on by hand either: the link makes itself. Somebody without a password gets one by the mail that
sets a new one, which proves the address once more.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.urls import path, re_path
from django.views.decorators.cache import never_cache
from django.views.generic import RedirectView

from attribution_portal.accounts import views
from attribution_portal.accounts.reauthentication import shown_after_proof

urlpatterns = [
    path("", views.account, name="account"),
    path("login/", views.SignIn.as_view(), name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.Confirm.as_view(), name="account_reauthenticate"),
    path("password/change/", views.ChangePassword.as_view(), name="account_change_password"),
    path("password/set/", RedirectView.as_view(pattern_name="account"), name="account_set_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        never_cache(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path("second-factor/", views.enrolment, name="account_second_factor"),
    path("mfa/", RedirectView.as_view(pattern_name="account"), name="mfa_index"),
    path("mfa/authenticate/", mfa.authenticate, name="mfa_authenticate"),
    path("mfa/reauthenticate/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("mfa/totp/activate/", shown_after_proof(views.ActivateApp.as_view()), name="mfa_activate_totp"),
    path("mfa/totp/deactivate/", shown_after_proof(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("mfa/recovery-codes/", shown_after_proof(views.RecoveryCodes.as_view()), name="mfa_view_recovery_codes"),
    path(
        "mfa/recovery-codes/generate/",
        shown_after_proof(codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "mfa/recovery-codes/download/",
        shown_after_proof(codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
    path("mfa/passkeys/", RedirectView.as_view(pattern_name="account"), name="mfa_list_webauthn"),
    path("mfa/passkeys/add/", shown_after_proof(webauthn.add_webauthn), name="mfa_add_webauthn"),
    path("mfa/passkeys/login/", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path("mfa/passkeys/reauthenticate/", views.ConfirmPasskey.as_view(), name="mfa_reauthenticate_webauthn"),
    path("mfa/passkeys/<int:pk>/remove/", shown_after_proof(views.RemovePasskey.as_view()), name="mfa_remove_webauthn"),
    path("mfa/passkeys/<int:pk>/edit/", shown_after_proof(webauthn.edit_webauthn), name="mfa_edit_webauthn"),
    path("sessions/", views.signed_in, name="usersessions_list"),
    path("sso/login/", views.to_single_sign_on, name="sso_login"),
    path("sso/callback/", views.from_single_sign_on, name="sso_callback"),
]
