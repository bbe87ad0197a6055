"""Every setting of the site: values of the environment, and decisions for every site."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from chatsite.clients import reverse_proxy
from chatsite.configuration import database_url, email_url, generated_secrets, origins, values
from chatsite.configuration.certificate_authorities import trusted_by_redis
from chatsite.version import VERSION
from providers.transport.proxy import Proxy
from providers.transport.proxy import read as read_proxy

BASE_DIR = Path(__file__).resolve().parent.parent
T = TypeVar("T")


def _read(name: str, how: Callable[[], T]) -> T:
    """Return `how()`. Raises ImproperlyConfigured with one sentence that names the setting."""
    try:
        return how()
    except (OSError, ValueError) as wrong:
        raise ImproperlyConfigured(f"{name}: {str(wrong).rstrip('.')}.") from None


def _from_environment(name: str) -> str | None:
    """Return the value of the variable `name`, or the content of the file that `name`_FILE names."""
    if path := os.environ.get(f"{name}_FILE"):
        return _read(f"{name}_FILE", lambda: Path(path).read_text(encoding="utf-8").strip())
    return os.environ.get(name) or None


def _list(value: str) -> list[str]:
    return [item.strip() for item in value.split(",") if item.strip()]


def _encryption_keys() -> list[str]:
    """Return the ring of encryption keys, newest first; [] if it cannot be read.

    The site then starts all the same, with its keys locked.
    """
    try:
        given = _from_environment("CHATSITE_ENCRYPTION_KEYS")
        return _list(given or generated_secrets.secret("encryption-keys", 32))
    except (OSError, ValueError, ImproperlyConfigured):
        return []


def _proxy() -> Proxy | None:
    try:
        return read_proxy(_from_environment("CHATSITE_PROXY") or "")
    except ValueError as problem:
        raise ImproperlyConfigured(str(problem)) from None


# --- Values of the environment -------------------------------------------------------------------------------------

CHATSITE_DATA = Path(os.environ.get("CHATSITE_DATA") or BASE_DIR / "data").resolve()
_read("CHATSITE_DATA", lambda: CHATSITE_DATA.mkdir(mode=0o700, parents=True, exist_ok=True))
CHATSITE_ORIGINS = origins.parse(os.environ.get("CHATSITE_ORIGINS") or origins.DEFAULT)
CHATSITE_TRUSTED_PROXIES = reverse_proxy.read_proxies(
    os.environ.get("CHATSITE_TRUSTED_PROXIES") or reverse_proxy.LOOPBACK
)
CHATSITE_PRIVATE_HOSTS = _read(
    "CHATSITE_PRIVATE_HOSTS", lambda: values.places(_list(os.environ.get("CHATSITE_PRIVATE_HOSTS", "")))
)
CHATSITE_PROXY = _proxy()
CHATSITE_CA_FILE = os.environ.get("CHATSITE_CA_FILE", "")
CHATSITE_MAX_STREAMS = _read(
    "CHATSITE_MAX_STREAMS", lambda: values.number(os.environ.get("CHATSITE_MAX_STREAMS"), 1000, least=1)
)
CHATSITE_FILES_PER_PERSON = _read(
    "CHATSITE_FILES_PER_PERSON", lambda: values.number(os.environ.get("CHATSITE_FILES_PER_PERSON"), 2048, least=0)
)
CHATSITE_CURRENCY = os.environ.get("CHATSITE_CURRENCY") or "USD"
CHATSITE_ENCRYPTION_KEYS = _encryption_keys()
DATABASE_URL = _from_environment("DATABASE_URL")
REDIS_URL = _read(
    "REDIS_URL", lambda: trusted_by_redis(values.redis_address(_from_environment("REDIS_URL") or ""), CHATSITE_CA_FILE)
)
CHATSITE_SETUP_CODE = _read("CHATSITE_DATA", lambda: generated_secrets.secret("setup-code", 12))
CHATSITE_MAIL = email_url.parse(_from_environment("EMAIL_URL") or "")
SECRET_KEY = _read("CHATSITE_SECRET_KEY", lambda: values.secret(_from_environment("CHATSITE_SECRET_KEY"))) or _read(
    "CHATSITE_DATA", lambda: generated_secrets.secret("secret-key", 48)
)
CHATSITE_VERSION = VERSION

# --- The site ------------------------------------------------------------------------------------------------------

DEBUG = False
ALLOWED_HOSTS = sorted({origins.name_of(origin) for origin in CHATSITE_ORIGINS})
CSRF_TRUSTED_ORIGINS = CHATSITE_ORIGINS
ROOT_URLCONF = "chatsite.urls"
ASGI_APPLICATION = "chatsite.asgi.application"
DEFAULT_EXCEPTION_REPORTER = "chatsite.logs.masking.ReporterWithoutLocals"

INSTALLED_APPS = [
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "chatsite",
    "conversations",
    "providers",
    "csp",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "csp.middleware.CSPMiddleware",
    "chatsite.middleware.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "chatsite.static_files.StaticFiles",
    "chatsite.middleware.Compression",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "conversations.accounts.middleware.UserLanguageMiddleware",
    "conversations.accounts.middleware.TimeZoneMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "conversations.accounts.middleware.AuditOriginMiddleware",
    "conversations.accounts.locked.LockedSecrets",
    "conversations.accounts.middleware.SetupRedirectMiddleware",
    "chatsite.middleware.WrongMethod",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "conversations.content.site_look.site_look",
            ],
        },
    },
]

# --- Database, and what several processes share --------------------------------------------------------------------

DATABASES = {
    "default": _read(
        "DATABASE_URL",
        lambda: database_url.postgres(DATABASE_URL) if DATABASE_URL else database_url.sqlite(CHATSITE_DATA),
    )
}
DATABASE_WRITERS = 4 if DATABASE_URL else 1
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SEVERAL_PROCESSES = bool(DATABASE_URL and REDIS_URL)
"""True if other processes may serve the same rows.

SQLite belongs to one process, and without Redis a process does not hear of the others.
"""
CACHES = {
    "default": {
        "BACKEND": "chatsite.counting_cache.CountingCache",  # limits survive a restart, and hold for all processes
        "LOCATION": "chatsite_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# --- People --------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "conversations.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["chatsite.password_hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "conversations.accounts.allauth_adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "5/5m/key,100/d/key"}  # codes; passwords: password_guessing.py
ACCOUNT_FORMS = {
    "login": "conversations.forms.passwords.NameForm",
    "change_password": "conversations.forms.passwords.NewPasswordForm",
}
MFA_ADAPTER = "conversations.accounts.second_factor.EncryptedMFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # a stolen security key opens nothing without its PIN or finger
MFA_RATE_LIMITS = False  # of sign-ins by passkey: ours counts challenges too, see rate_limits.py
MFA_TOTP_TOLERANCE = 1  # the code before and the one after count too: phones' clocks differ, and typing takes time
MFA_FORMS = {
    "authenticate": "conversations.forms.second_factor.CodeForm",
    "reauthenticate": "conversations.forms.second_factor.CodeAgainForm",
    "add_webauthn": "conversations.forms.passkeys.NewPasskeyForm",
    "edit_webauthn": "conversations.forms.passkeys.PasskeyNameForm",
    "login_webauthn": "conversations.forms.passkeys.SignInForm",
    "authenticate_webauthn": "conversations.forms.passkeys.SecondFactorForm",
    "reauthenticate_webauthn": "conversations.forms.passkeys.ConfirmForm",
}

# --- Mail: none without EMAIL_URL ------------------------------------------------------------------------------------

CHATSITE_SENDS_MAIL = CHATSITE_MAIL is not None
EMAIL_BACKEND = f"{'chatsite.smtp' if CHATSITE_MAIL else 'django.core.mail.backends.dummy'}.EmailBackend"
EMAIL_TIMEOUT = 10
if CHATSITE_MAIL:
    EMAIL_HOST, EMAIL_PORT = CHATSITE_MAIL.host, CHATSITE_MAIL.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = CHATSITE_MAIL.user, CHATSITE_MAIL.password
    EMAIL_USE_SSL, EMAIL_USE_TLS = CHATSITE_MAIL.tls == "implicit", CHATSITE_MAIL.tls == "starttls"
    DEFAULT_FROM_EMAIL = SERVER_EMAIL = CHATSITE_MAIL.sender

# --- Security ------------------------------------------------------------------------------------------------------

_over_tls = all(origin.startswith("https://") for origin in CHATSITE_ORIGINS)
_sockets = ["ws" + origin.removeprefix("http") for origin in CHATSITE_ORIGINS]
if _over_tls:  # browsers accept a cookie with this prefix only over TLS, for exactly this host, and from no subdomain
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    LANGUAGE_COOKIE_NAME = "__Host-language"
SESSION_ENGINE = "conversations.accounts.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _over_tls
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "blob:"],
        "media-src": ["blob:"],
        "font-src": [SELF],
        "connect-src": [SELF, *_sockets],
        "frame-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["chatsite"],
    }
}

# --- Language and time ---------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "chatsite" / "locale"]
TIME_ZONE = _read("CHATSITE_TIME_ZONE", lambda: values.time_zone(os.environ.get("CHATSITE_TIME_ZONE") or "UTC"))
USE_TZ = True
FORMAT_MODULE_PATH = "chatsite.formats"

# --- Static files --------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = CHATSITE_DATA / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "chatsite.static_files.JoinedManifestStorage"},
}

# --- Logging: to standard error, terse; repeats are counted; never a query string, it may hold a token ---------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "counted": {"()": "chatsite.logs.repeats.WithoutRepeats"},
        "terse": {"()": "chatsite.logs.masking.WithoutQueryStrings"},
        "masked": {"()": "chatsite.logs.masking.WithoutSecrets"},
    },
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["masked", "terse", "counted"]},
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}
