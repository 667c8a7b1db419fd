"""Settings: one file, read strictly from the environment (and `.env` beside manage.py).

Every variable is listed in README.md. A value that does not parse stops the start with its name and what was expected;
a variable that begins with AZORA_ and is unknown is named by the system check `azora.E010`.
"""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from azora.kernel.postgres.cluster import Cluster
from azora.kernel.secrets import read_or_make_secret

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

# -- What runs ---------------------------------------------------------------------------------------------------------

DEBUG = env.bool("AZORA_DEBUG", default=False)
SECRET_KEY = env.str("AZORA_SECRET_KEY", default="") or read_or_make_secret(BASE_DIR / "var" / "secret_key")
ALLOWED_HOSTS = env.list("AZORA_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("AZORA_TRUSTED_ORIGINS", default=[])
HTTPS = env.bool("AZORA_HTTPS", default=False)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "pgtrigger",
    "procrastinate.contrib.django",
    "azora",
    "azora.kernel",
    "accounts",
    "lms",
    "ingest",
]

MIDDLEWARE = [
    "azora.kernel.log.RequestLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "azora.urls"
WSGI_APPLICATION = "azora.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# -- The database ------------------------------------------------------------------------------------------------------

#: The project's own cluster, or None where DATABASE_URL names a server. The backend starts it at the first connection.
CLUSTER = None if env.str("DATABASE_URL", default="") else Cluster.for_project(BASE_DIR)
DATABASE_POOL = env.bool("AZORA_DATABASE_POOL", default=False)

if CLUSTER is None:
    if urlsplit(env.str("DATABASE_URL")).scheme not in {"postgres", "postgresql", "pgsql"}:
        raise ImproperlyConfigured("DATABASE_URL must begin with postgres://: Azora stands on PostgreSQL alone.")
    _database = env.db_url("DATABASE_URL")
    _database["HOST"] = unquote(_database["HOST"])
else:
    _database = {"NAME": CLUSTER.database, "USER": CLUSTER.user, "HOST": str(CLUSTER.socket_folder)}

_options = dict(_database.get("OPTIONS", {}))
if DATABASE_POOL:
    _options["pool"] = {"min_size": 2, "max_size": 10, "timeout": 10}

DATABASES = {
    "default": {
        **_database,
        "ENGINE": "azora.kernel.database",
        "OPTIONS": _options,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"NAME": f"test_{_database['NAME']}"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- Who may -----------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
# The e-mail is unique by a constraint on its lower case, which this check does not see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = ["accounts.authentication.RoleBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
LOGIN_URL = "/admin/login/"

# -- REST --------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "azora.kernel.rest.openapi.ResourceSchema",
    "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.ScopedRateThrottle"],
    "EXCEPTION_HANDLER": "azora.kernel.rest.problems.problem_response",
    "DEFAULT_THROTTLE_RATES": {"actor": env.str("AZORA_API_RATE", default="1200/min")},
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Azora",
    "DESCRIPTION": "The unified data platform of an education operating system.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [],
}

# -- Jobs --------------------------------------------------------------------------------------------------------------

PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

# -- Language, time, files ---------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

#: Where `clone_schemas` keeps its checkouts and writes what it extracts.
CHECKOUTS_DIR = BASE_DIR / "database-schemas"
EXTRACTS_DIR = BASE_DIR / "extracted-schemas"

# -- Logs --------------------------------------------------------------------------------------------------------------

LOG_LEVEL = env.str("AZORA_LOG_LEVEL", default="INFO").upper()
if LOG_LEVEL not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
    raise ImproperlyConfigured(f"AZORA_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR, not {LOG_LEVEL!r}.")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "azora.kernel.log.JsonFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "procrastinate": {"level": "WARNING"},
        "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
    },
}
