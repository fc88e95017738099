"""Settings, in the order in which a deployer reads them.

Every value comes from the environment; each secret or address may instead be given as a file, `NAME_FILE=/path`.
In production (neither `DEBUG` nor `PORTAL_ENV=local`) nothing is guessed: all that is missing is named at once and the
process refuses to start. For a local run, `manage.py` fills the gaps first (`ops/local.py`).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from attribution_portal.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment(os.environ)

# ── 1. What must be given ───────────────────────────────────────────────────────────────────────────────────────────
DEBUG = env.flag("DEBUG")
LOCAL = DEBUG or env.text("PORTAL_ENV") == "local"
SECRET_KEY = env.required("SECRET_KEY")
FIELD_ENCRYPTION_KEYS = env.words("FIELD_ENCRYPTION_KEYS", required=True)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", required=not LOCAL) or ["localhost", "127.0.0.1", "[::1]"]
DATABASE_URL = env.required("DATABASE_URL")
REDIS_URL = env.required("REDIS_URL")
PLATFORM_BASE_URL = env.required("PLATFORM_BASE_URL").rstrip("/")
if not LOCAL:
    env.check_length("SECRET_KEY", SECRET_KEY, at_least=50)
    env.check_hosts("ALLOWED_HOSTS", ALLOWED_HOSTS)
env.check_fernet_keys("FIELD_ENCRYPTION_KEYS", FIELD_ENCRYPTION_KEYS)
env.check_url("PLATFORM_BASE_URL", PLATFORM_BASE_URL, schemes=("https", "http"))
env.check_url("REDIS_URL", REDIS_URL, schemes=("redis", "rediss"))
env.check_url("DATABASE_URL", DATABASE_URL, schemes=("postgres", "postgresql"))
# Read by connect_partners only; afterwards the account lives encrypted in the database.
PLATFORM_USERNAME = env.text("PLATFORM_USERNAME")
PLATFORM_PASSWORD = env.text("PLATFORM_PASSWORD")

# ── 2. How the platform is called (contract §3) ─────────────────────────────────────────────────────────────────────
PLATFORM_READS_PER_MINUTE = env.number("PLATFORM_READS_PER_MINUTE", 600, at_least=1)
PLATFORM_WRITES_PER_MINUTE = env.number("PLATFORM_WRITES_PER_MINUTE", 120, at_least=1)
PLATFORM_CONNECT_SECONDS = 2.0
PLATFORM_READ_SECONDS = 5.0
PLATFORM_PAGE_SECONDS = 8.0
PLATFORM_RETRY_BASE_SECONDS = 0.5
PLATFORM_MAX_BYTES = 8 * 1024 * 1024

# ── 3. The deployment ───────────────────────────────────────────────────────────────────────────────────────────────
PORT = env.number("PORT", 8000, at_least=1)
DEMO = env.flag("DEMO")
# Who has it may read /metrics; without it there is no such address.
METRICS_TOKEN = env.text("METRICS_TOKEN")
env.check_length("METRICS_TOKEN", METRICS_TOKEN, at_least=20)
# How many proxies of our own stand in front, each adding an entry to X-Forwarded-For. Too high a number lets visitors
# choose their address, too low a one makes all of them one visitor.
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0 if LOCAL else 1, at_least=0)
PARTNER_TIME_ZONE = env.text("PARTNER_TIME_ZONE") or "Europe/Berlin"
env.check_zone("PARTNER_TIME_ZONE", PARTNER_TIME_ZONE)
# Outgoing mail, by one address (docs/sign-in.md).
MAIL = env.mail("EMAIL_URL", required=not LOCAL)
DEFAULT_FROM_EMAIL = (env.text if LOCAL else env.required)(
    "DEFAULT_FROM_EMAIL"
) or "Attribution Portal <portal@localhost>"
env.check_sender("DEFAULT_FROM_EMAIL", DEFAULT_FROM_EMAIL)
# Whoever has one of these roles with any partner, or operates the portal, needs a second factor to sign in.
MFA_REQUIRED_ROLES = env.choices(
    "MFA_REQUIRED_ROLES",
    ("viewer", "editor", "account_manager", "operator"),
    default=("account_manager", "operator"),
    needs_default=not (LOCAL or DEMO),
)
# Single sign-on with an OpenID Connect provider. Whether a sign-in there replaces the second factor here.
OIDC = env.single_sign_on(allow_loopback=LOCAL)
OIDC_COUNTS_AS_SECOND_FACTOR = env.flag("OIDC_COUNTS_AS_SECOND_FACTOR")
if problems := env.problems:
    raise ImproperlyConfigured(
        "The portal cannot start:\n" + "".join(f"  - {problem}\n" for problem in problems) + env.hint
    )

# ── 4. The application ──────────────────────────────────────────────────────────────────────────────────────────────
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
    "django_htmx",
    "template_partials.apps.SimpleAppConfig",
    "attribution_portal.accounts",
    "attribution_portal.partners",
    "attribution_portal.audit",
    "attribution_portal.members",
    "attribution_portal.adjustments",
    "attribution_portal.lookout",
    "attribution_portal.backhaul",
    "attribution_portal.review",
    "attribution_portal.dashboard",
    "attribution_portal.operators",
    "attribution_portal.ops",
]
MIDDLEWARE = [
    "attribution_portal.ops.answers.AnswerHeadersMiddleware",
    "attribution_portal.ops.health.HealthMiddleware",
    "attribution_portal.ops.addresses.ClientAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "attribution_portal.ops.answers.BodySizeMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "attribution_portal.accounts.doors.DoorMiddleware",
]
ROOT_URLCONF = "attribution_portal.urls"
WSGI_APPLICATION = "attribution_portal.wsgi.application"
_loaders: list[Any] = [
    "django.template.loaders.filesystem.Loader",
    "django.template.loaders.app_directories.Loader",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "attribution_portal.http.portal_context",
                "attribution_portal.templating.reader",
            ],
            "builtins": ["template_partials.templatetags.partials"],
            "libraries": {"portal": "attribution_portal.templating"},
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    _loaders if DEBUG else [("django.template.loaders.cached.Loader", _loaders)],
                )
            ],
        },
    }
]
FORM_RENDERER = "attribution_portal.controls.Renderer"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ── 5. Where facts and caches live ──────────────────────────────────────────────────────────────────────────────────
_database = dj_database_url.parse(DATABASE_URL, conn_max_age=60, conn_health_checks=True)
_driver = _database.get("OPTIONS") or {}
# However the database or its role would write days: the driver reads no other style, nor does backhaul/ledger/known.py.
_database["OPTIONS"] = {**_driver, "options": f"{_driver.get('options', '')} -c datestyle=ISO".strip()}
DATABASES = {"default": _database}
# Django's own cache only counts sign-in attempts. In Postgres the count survives a lost Redis, which must neither lock
# everybody out nor open the door to guessing. Platform answers are cached by platform_api/cache.py.
# By itself such a cache throws counts away once there are 300, which a guesser with a few addresses brings about.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "sign_in_attempts",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# ── 6. People ───────────────────────────────────────────────────────────────────────────────────────────────────────
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "attribution_portal.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# People are invited at their address, which is proof enough that it is theirs; nobody changes it (accounts/urls.py).
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGOUT_REDIRECT_URL = "/account/login/"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PREVENT_ENUMERATION = True
# Seconds for which a person counts as the one who signed in, where a write asks (accounts/reauthentication.py).
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_FORMS = {
    "login": "attribution_portal.accounts.forms.SignInForm",
    "reauthenticate": "attribution_portal.accounts.forms.ConfirmForm",
    "change_password": "attribution_portal.accounts.forms.ChangePasswordForm",
    "reset_password": "attribution_portal.accounts.forms.RequestResetForm",
    "reset_password_from_key": "attribution_portal.accounts.forms.ResetPasswordForm",
}
# How often, in how long, per what: an address, an account (`key`: the e-mail address that was typed), a person signed
# in. Wrong passwords and wrong codes count under login_failed.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "reauthenticate": "10/m/user",
    "change_password": "5/m/user",
    "reset_password": "10/m/ip,3/10m/key",
    "reset_password_from_key": "20/m/ip",
}
MFA_ADAPTER = "attribution_portal.accounts.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "Attribution Portal"
# A clock may be half a minute off; a code is taken once for all that (accounts/codes.py).
MFA_TOTP_TOLERANCE = 1
# Browsers allow passkeys without TLS on localhost only.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LOCAL
MFA_FORMS = {
    "authenticate": "attribution_portal.accounts.codes.SignInCodeForm",
    "reauthenticate": "attribution_portal.accounts.codes.ConfirmCodeForm",
    "activate_totp": "attribution_portal.accounts.codes.ActivateAppForm",
    "authenticate_webauthn": "attribution_portal.accounts.passkeys.SecondStepPasskeyForm",
    "login_webauthn": "attribution_portal.accounts.passkeys.SignInPasskeyForm",
    "reauthenticate_webauthn": "attribution_portal.accounts.passkeys.ConfirmPasskeyForm",
    "add_webauthn": "attribution_portal.accounts.passkeys.AddPasskeyForm",
    "edit_webauthn": "attribution_portal.accounts.passkeys.RenamePasskeyForm",
}
# A link to set a new password works for two hours, once.
PASSWORD_RESET_TIMEOUT = 2 * 3600
SOCIALACCOUNT_ADAPTER = "attribution_portal.accounts.single_sign_on.SingleSignOnAdapter"
SOCIALACCOUNT_REQUESTS_TIMEOUT = 5
EMAIL_BACKEND = MAIL.get("EMAIL_BACKEND", "")
EMAIL_HOST, EMAIL_PORT = MAIL.get("EMAIL_HOST", ""), MAIL.get("EMAIL_PORT", 25)
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL.get("EMAIL_HOST_USER", ""), MAIL.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL.get("EMAIL_USE_TLS", False), MAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10

# ── 7. Languages and zones ──────────────────────────────────────────────────────────────────────────────────────────
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("de", _("German"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# ── 8. Static files ─────────────────────────────────────────────────────────────────────────────────────────────────
NODE_MODULES = BASE_DIR / "node_modules"
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS: list[Any] = [
    BASE_DIR / "static",
    ("vendor/bootstrap/css", NODE_MODULES / "bootstrap" / "dist" / "css"),
    ("vendor/plotly", NODE_MODULES / "plotly.js-basic-dist-min"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "attribution_portal.ops.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG

# ── 9. Security ─────────────────────────────────────────────────────────────────────────────────────────────────────
# Plotly asks for one empty inline style sheet; its hash is that of the empty string. Nothing else inline is allowed,
# and nothing from elsewhere. htmx puts answers into the page as HTML, so that Trusted Types would need a policy that
# lets all of it pass, which protects from nothing.
EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
CONTENT_SECURITY_POLICY: dict[str, dict[str, Any]] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF, EMPTY_STYLE],
        # Signs in style sheets, and the picture of a TOTP secret, are data: addresses.
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
        "manifest-src": [SELF],
        # A local run has no TLS to upgrade to.
        "upgrade-insecure-requests": not LOCAL,
    }
}
# Pages ask for no sensor, camera or payment, so none is to be had; passkeys are for pages of our own.
PERMISSIONS_POLICY: dict[str, list[str]] = {
    **{
        feature: []
        for feature in (
            *("accelerometer", "autoplay", "browsing-topics", "camera", "clipboard-read"),
            *("compute-pressure", "cross-origin-isolated", "display-capture", "encrypted-media", "fullscreen"),
            *("gamepad", "geolocation", "gyroscope", "hid", "identity-credentials-get", "idle-detection"),
            *("keyboard-map", "local-fonts", "magnetometer", "microphone", "midi", "otp-credentials", "payment"),
            *("picture-in-picture", "screen-wake-lock", "serial", "storage-access", "sync-xhr", "usb"),
            *("window-management", "xr-spatial-tracking"),
        )
    },
    "clipboard-write": ["self"],
    "publickey-credentials-create": ["self"],
    "publickey-credentials-get": ["self"],
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# Nothing in a page's scripts reads a cookie: the token of forms stands in the page.
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME, LANGUAGE_COOKIE_NAME = "portal-session", "portal-csrf", "portal-language"
# A week after signing in, a person signs in again.
SESSION_COOKIE_AGE = 7 * 24 * 3600
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
# What is said to a person stays in their session; a cookie would carry it to and fro in the clear.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_FAILURE_VIEW = "attribution_portal.ops.errors.csrf_failure"
if not LOCAL:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    # The browser itself sees to it that a `__Host-` cookie came over TLS, from this very host, for all its paths: a
    # neighbour under the same domain cannot plant one.
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    SESSION_COOKIE_NAME = "__Host-portal-session"
    CSRF_COOKIE_NAME = "__Host-portal-csrf"
    LANGUAGE_COOKIE_NAME = "__Host-portal-language"
# Forms are short and carry no files. `BodySizeMiddleware` refuses larger bodies unread.
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100
DATA_UPLOAD_MAX_NUMBER_FILES = 1

# ── 10. Background work ─────────────────────────────────────────────────────────────────────────────────────────────
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# However long Redis is away, a worker waits for it.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "socket_timeout": 10,
    "socket_connect_timeout": 2,
}
CELERY_TASK_DEFAULT_QUEUE = "portal"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"

# ── 11. Logs ────────────────────────────────────────────────────────────────────────────────────────────────────────
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "attribution_portal.ops.logs.LineFormatter"}},
    "filters": {"routes": {"()": "attribution_portal.ops.logs.RouteFilter"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "stream": sys.stderr,
            "formatter": "line",
            "filters": ["routes"],
        },
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # httpx logs whole addresses, with ids and amounts in the query; the platform client logs its own lines.
        **{name: {"level": "WARNING"} for name in ("httpx", "httpcore", "fido2", "django.server", "kombu", "amqp")},
        # One line per platform call; on a developer's terminal only what goes wrong.
        "attribution_portal.platform": {"level": "WARNING" if LOCAL else "INFO"},
    },
}
