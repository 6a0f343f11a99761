"""Settings, read from the environment; every default is the embedded exchange on this machine.

DATA_DIR       where the embedded exchange keeps its files (default ./var)
DATABASE_URL   the tables (default sqlite in DATA_DIR); postgres://… in production
REDIS_URL      bus, feed and channel layer between processes; empty = all in this process
KEYS_DIR       private keys of the institutions whose keys are kept here (default DATA_DIR/keys)
SECRET_KEY     made once and kept in DATA_DIR when not given
ALLOWED_HOSTS  comma separated; default loopback names
STATIC_ROOT    where collected style sheets and scripts go (default build/static)
PUBLIC_URL     address printed into QR codes (default the first of PUBLIC_ORIGINS)
PUBLIC_ORIGINS comma separated origins trusted for forms and sockets, e.g. https://jinguo.example
"""

from pathlib import Path

import environ

from exchange.settings.secret import secret_key

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)
KEYS_DIR = Path(env.str("KEYS_DIR", default=str(DATA_DIR / "keys"))).resolve()

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="") or secret_key(DATA_DIR / "secret_key")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]", "testserver"])
PUBLIC_ORIGINS = env.list("PUBLIC_ORIGINS", default=[])
CSRF_TRUSTED_ORIGINS = PUBLIC_ORIGINS

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "simple_history",
    "ninja",
    "channels",
    "exchange.kernel",
    "exchange.members",
    "settlement",
    "warehouse_receipts",
    "exchange.markets",
    "exchange.halls",
    "exchange.trading",
    "exchange.market_data",
    "exchange.price_index",
    "exchange.surveillance",
    "exchange.bulletin",
    "exchange.ops",
    "web",
]

MIDDLEWARE = [
    "web.measures.Measured",
    "web.api.middleware.ApiErrors",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "web.pages.look.ChosenLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "exchange.urls"
ASGI_APPLICATION = "exchange.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "web.pages.look.look",
            ],
        },
    },
]

# Database -----------------------------------------------------------------------------------------

_database = env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'jinguo.sqlite3'}")
if _database["ENGINE"].endswith("sqlite3"):
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
else:
    _database["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=0)
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Redis: the bus, the feed and the channel layer of a production deployment --------------------------

REDIS_URL = env.str("REDIS_URL", default="")
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL]},
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# The exchange -------------------------------------------------------------------------------------

ORDER_RATE_PER_S = env.int("ORDER_RATE_PER_S", default=5_000)
"""Orders per second one member may send; twice that in a burst."""
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
"""Bearer token of who scrapes /metrics; without one /metrics is this machine's own, see web.metrics."""
ORDER_GUARD_LEASE_S = env.float("ORDER_GUARD_LEASE_S", default=10.0)
"""Orders of a socket with cancel on disconnect go so long after its web process was last alive."""
BENCH_ECHO = env.bool("BENCH_ECHO", default=False)
"""Mount /ws/echo, against which the order path is measured; never in production."""
KEY_STORE = env.str("KEY_STORE", default="exchange.kernel.key_store.FileKeyStore")
"""Where private Ed25519 keys are kept and used: the default keeps files; an HSM takes a class like it."""
CERTIFICATE_AUTHORITY = env.str(
    "CERTIFICATE_AUTHORITY", default="exchange.kernel.documents.authority.DemoAuthority"
)
"""Who certifies the keys documents are signed with: the default is a demo root, without legal effect."""
PUBLIC_URL = env.str("PUBLIC_URL", default=PUBLIC_ORIGINS[0] if PUBLIC_ORIGINS else "http://127.0.0.1:8000")
"""Where the public reaches this exchange; printed into the QR codes of documents."""
SNAPSHOT_EVERY = env.int("SNAPSHOT_EVERY", default=200_000)
"""Commands between two snapshots of the engine."""
DEMO_HALLS = env.bool("DEMO_HALLS", default=True)
"""Whether a demo market that starts gets listings and auctions when none stand."""
DEMO_TRADES = env.bool("DEMO_TRADES", default=True)
"""Whether the members of a demo market made anew trade for its first seconds, so that it has prices."""
SESSIONS_BY_CALENDAR = env.bool("SESSIONS_BY_CALENDAR", default=False)
"""Whether the clock opens and closes sessions; without it the operator does."""
CALL_S = env.int("CALL_S", default=300)
"""How long a call is open before it may end; by the calendar it begins that long before trading."""
CALL_RANDOM_S = env.int("CALL_RANDOM_S", default=30)
"""The call then ends at a random moment within this time."""
VOLATILITY_CALL_S = env.int("VOLATILITY_CALL_S", default=120)
"""How long a call lasts that the floor began because a price was too far from the reference price."""

# Log-in -------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "members.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "exchange.members.adapter.AccountAdapter"
ACCOUNT_RATE_LIMITS = {"login_failed": False}
"""Axes counts wrong passwords, in the database and for all processes; one counter is enough."""
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

# Language and place -------------------------------------------------------------------------------

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "web" / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True

# Static files and headers -------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "build" / "static"))).resolve()
STATICFILES_DIRS = [BASE_DIR / "web" / "static"]
FONT_DIR = BASE_DIR / "web" / "fonts" / "@expo-google-fonts" / "noto-sans-sc"
"""The typeface embedded in documents; see web/vendor.py."""
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "exchange.ops.static_storage.StaticFilesStorage"},
}
WHITENOISE_MANIFEST_STRICT = False
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ["gz", "br", "zip", "png", "jpg", "webp", "woff", "woff2", "map"]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
HTTPS = env.bool("HTTPS", default=False)
if HTTPS:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 12_000_000
"""One photograph in the API; everywhere else the server passes on no more than 1 MB (web.ws.body_limit)."""
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
"""Larger files of forms lie on disk while they are read."""

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {name: {"level": "CRITICAL"} for name in ("pyhanko", "pyhanko_certvalidator")},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="WARNING")},
}
