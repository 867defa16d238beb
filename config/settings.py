"""All settings, read top to bottom. Values come from the environment (or `.env`); nonsense is refused at start."""

from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from config import unfold

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env: Any = environ.Env()  # type: ignore[no-untyped-call]  # the library is not typed
environ.Env.read_env(BASE_DIR / ".env")


def env_flag(name: str, *, default: bool) -> bool:
    """A yes or no from the environment; anything but a plain answer is refused, since a typo must not read as no."""
    answers = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    text = env.str(name, default=str(default)).strip().lower()
    if text not in answers:
        raise ImproperlyConfigured(f"{name}={text!r} is neither yes nor no")
    return answers[text]


# --- what this installation is ---------------------------------------------------------------------

DEBUG = env_flag("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    raise ImproperlyConfigured("SECRET_KEY is missing: `make setup` writes one to .env, or set it in the environment")
# Former keys: what they signed (sessions, event tickets) stays good while they are listed.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Behind TLS (the usual way in production) cookies are marked secure and browsers are told to stay with HTTPS.
BEHIND_TLS = env_flag("BEHIND_TLS", default=False)
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").upper()

# --- database --------------------------------------------------------------------------------------

SQLITE_OPTIONS: dict[str, Any] = {
    "timeout": 20,
    # The write lock is taken at BEGIN: no "database is locked" when a reader turns into a writer.
    "transaction_mode": "IMMEDIATE",
    # FULL: an answer means that the event survives a power cut.
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-64000;"
        "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=67108864;"
    ),
}

DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'boon.sqlite3'}")}
DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    VAR_DIR.mkdir(exist_ok=True)
    DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
else:
    # The statements of the event path are prepared from their second use on. Off behind a pooler that hands out
    # another session for each transaction and cannot follow prepared statements (PgBouncer before 1.21).
    PREPARED_STATEMENTS = env_flag("PREPARED_STATEMENTS", default=True)
    DATABASES["default"].setdefault("OPTIONS", {})["prepare_threshold"] = 1 if PREPARED_STATEMENTS else None
    DATABASES["default"]["OPTIONS"].setdefault("connect_timeout", 5)
# On PostgreSQL, for what is served alone (config/wsgi.py): commands and migrations take the time that they take.
# 0 leaves them to the database.
STATEMENT_TIMEOUT_SECONDS = env.int("STATEMENT_TIMEOUT_SECONDS", default=5)
LOCK_TIMEOUT_SECONDS = env.int("LOCK_TIMEOUT_SECONDS", default=2)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- what reacts to events (docs/architecture.md); each path is checked at start -------------------

EVENT_REACTIONS = [
    "referrals.reactions.ConvertReferrals",
    "loyalty.reactions.EarnPoints",
    "segments.reactions.RefreshMemberships",
    "distributions.reactions.ScheduleDeliveries",
]
VOUCHER_KINDS = [
    "referrals.kinds.ReferralCode",
    "loyalty.kinds.LoyaltyCardKind",
    "gifts.kinds.GiftCardKind",
]
# What campaigns cannot be deleted under.
CAMPAIGN_USERS = [
    "referrals.usage.RewardsOfReferrals",
    "distributions.usage.DistributionsOfCampaigns",
]
CUSTOMER_FACTS = [
    "loyalty.facts.PointsOfProgrammes",
    "referrals.facts.Referrals",
]
SCHEMA_USERS = [
    "referrals.usage.ReferralPrograms",
    "loyalty.usage.EarningRules",
    "segments.usage.Segments",
    "distributions.usage.Distributions",
]
# Who keeps segments, and who uses them.
SEGMENT_BOOKS = ["segments.naming.Segments"]
SEGMENT_USERS = ["loyalty.usage.EarningRulesOfSegments", "distributions.usage.DistributionsOfSegments"]
# What makes the data of distributions' webhooks and e-mails.
DISTRIBUTION_DATA = "api.distribution_data.data_of"
# What validation rules can be assigned to, and where they learn who is in a segment.
RULE_USERS = [
    "referrals.validating.RuledCampaigns",
    "loyalty.validating.RuledEarning",
    "distributions.validating.RuledDistributions",
]
RULE_SEGMENTS = ["segments.reading.Memberships"]

# What holds data of people, and how each forgets it (customers/erasure.py); the log's surroundings first, since
# rejected events are locked before customers.
PERSONAL_DATA = [
    "events.forgetting.SurroundingsOfEvents",
    "campaigns.erasure.CodesOfPeople",
    "loyalty.erasure.ReasonsForPoints",
    "gifts.erasure.ReasonsForCredits",
    "distributions.erasure.DeliveriesOfPeople",
]

# --- what the worker does (docs/architecture.md); each path is checked at start --------------------

# Topic of a message: who handles it.
OUTBOX_HANDLERS = {
    "async_action": "outbox.actions.RunAction",
    "export.write": "exports.writing.WriteExport",
    "export.expire": "exports.writing.ExpireExport",
    "webhook.fan_out": "api.announcements.FanOut",
    "distribution.deliver": "distributions.delivering.Deliver",
    "distribution.email": "distributions.mailing.SendMail",
    "distribution.wake": "distributions.waking.Wake",
    "webhook.send": "webhooks.sending.SendToAddress",
    "webhook.send_slow": "webhooks.sending.SendSlowly",
    "webhook.pause": "webhooks.pausing.PauseSource",
    "webhook.release": "webhooks.releasing.ReleaseHeld",
}
# What time alone brings: the worker runs these every minute, `manage.py run_daily` as well.
TIMELY_WORK = {
    "segments": "segments.due.run_due",
    "distributions": "distributions.pool.refill",
    "send_outs": "webhooks.sweeping.sweep_send_outs",
}
# Type of an async action: what runs it.
ASYNC_ACTIONS = {
    "EVENTS.REPLAY_REJECTED": "events.replaying.run",
    "CUSTOMERS.IMPORT_CSV": "events.customer_bulk.run",
    "CUSTOMERS.BULK_UPDATE": "events.customer_bulk.run",
    "CUSTOMERS.METADATA_UPDATE": "events.customer_bulk.run",
    "CUSTOMERS.METADATA_KEY_PURGE": "customers.purging.run",
    "CAMPAIGNS.METADATA_KEY_PURGE": "campaigns.purging.run_campaigns",
    "VOUCHERS.METADATA_KEY_PURGE": "campaigns.purging.run_vouchers",
    "CAMPAIGN.VOUCHERS_GENERATE": "campaigns.generation.run",
    "CAMPAIGN.VOUCHERS_DELETE": "campaigns.deletion.run",
    "CAMPAIGN.VOUCHERS_IMPORT": "campaigns.importing.run",
    "CAMPAIGN.VOUCHERS_IMPORT_CSV": "campaigns.importing.run",
    "VOUCHERS.IMPORT": "campaigns.importing.run",
    "VOUCHERS.IMPORT_CSV": "campaigns.importing.run",
    "VOUCHERS.BULK_UPDATE": "campaigns.bulk.run",
    "VOUCHERS.METADATA_UPDATE": "campaigns.bulk.run",
    "SEGMENTS.FILL": "segments.filling.run",
    "SEGMENTS.CLEAR": "segments.filling.clear",
}
# Type of an async action: who tells that it was given up.
GIVEN_UP_ACTIONS = {"CAMPAIGN.VOUCHERS_GENERATE": "campaigns.generation.tell_given_up"}
# Name of an export: what it writes.
EXPORT_KINDS = {
    "gift_transactions": "api.v1.voucher_transactions.GiftTransactions",
    "loyalty_transactions": "api.v1.transactions.LoyaltyTransactions",
}

# Where it is set, the worker hands the messages on to Celery's workers (docs/operators.md, “Many machines”).
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="")
for broker in filter(None, CELERY_BROKER_URL.split(";")):
    if not broker.startswith(("amqp://", "amqps://", "redis://", "rediss://")):
        # Not the address itself: it has a password.
        raise ImproperlyConfigured(
            f"CELERY_BROKER_URL has to begin with amqp://, amqps://, redis:// or rediss://, not {broker[:8]!r}…"
        )

# --- what is sent to addresses outside -------------------------------------------------------------

# Kind of source (webhooks/models.py): how it is paused where its receiver does not answer.
SEND_SOURCES = {
    "webhook": "webhooks.pausing.PauseWebhook",
    "distribution": "distributions.sources.PauseDistribution",
}
# What makes the body of a test of a webhook.
WEBHOOK_SAMPLE = "api.announcements.samples.test_announcement"
# Whether addresses of private networks and of this machine are called (docs/operators.md).
WEBHOOK_ALLOW_PRIVATE = env_flag("WEBHOOK_ALLOW_PRIVATE", default=False)
# How many batches for slow receivers are under way at a time: for each worker, with Celery for each relay.
SLOW_BATCHES = env.int("SLOW_BATCHES", default=1)

# --- how events are written ------------------------------------------------------------------------

# Concurrent requests of a process become one transaction (events/grouping.py). Off in tests, whose own transaction the
# writing thread would not see.
GROUP_EVENTS = env_flag("GROUP_EVENTS", default=True)

# --- applications ----------------------------------------------------------------------------------

# "plain" leaves Django's own admin pages, without the theme.
ADMIN_THEME = env.str("ADMIN_THEME", default="unfold")

INSTALLED_APPS = [
    *(["unfold"] if ADMIN_THEME == "unfold" else []),
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "common",
    "projects",
    "outbox",
    "webhooks",
    "exports",
    "rules",
    "customers",
    "eventschema",
    "events",
    "campaigns",
    "publications",
    "referrals",
    "loyalty",
    "gifts",
    "segments",
    "distributions",
    "api",
    "demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "api.cors.ClientCors",
    "common.middleware.ContentSecurityPolicy",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "common.bodies.WholeBodies",
    "common.middleware.ApiShortcut",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

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
            ],
        },
    },
]

# --- API -------------------------------------------------------------------------------------------

# Requests below these pass no middleware for pages, and what fails there is answered in JSON.
API_PREFIXES = ("/v1/", "/client/v1/", "/management/v1/")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_PARSER_CLASSES": ["api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["api.renderers.ExactJSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "api.renderers.JsonOnly",
    "EXCEPTION_HANDLER": "api.errors.exception_handler",
    "UNAUTHENTICATED_USER": None,
}
# Bytes of one request. The parser's limits (common/jsons.py) hold besides.
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024

# For keys without a limit of their own; 0 is no limit (projects/limits.py).
RATE_LIMIT_PER_MINUTE = env.int("RATE_LIMIT_PER_MINUTE", default=0)

SPECTACULAR_SETTINGS = {
    "TITLE": "Boon",
    "DESCRIPTION": (
        "Events in, rewards out. Every request carries the two headers of a key: a server key for `/v1`, a client key "
        "for `/client/v1`, a management key for `/management/v1`. Whatever is refused is answered with a `key`, a "
        "word for machines, and an entry in `errors` for every offending field."
    ),
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/(v1|client/v1|management/v1)",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
}

# --- e-mail ------------------------------------------------------------------------------------------

# smtp+tls://user:password@host:587; consolemail:// writes to the log.
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="Boon <boon@localhost>")
# Where people reach this installation: links in e-mails begin with it.
PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000")

# --- people, languages, files ----------------------------------------------------------------------

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = True
FORMAT_MODULE_PATH = "config.formats"
USE_TZ = True
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

STATIC_URL = "static/"
# Where `collectstatic` puts the files for a web server in front; empty where Boon serves them itself.
STATIC_ROOT = env.str("STATIC_ROOT", default="") or None
STATICFILES_DIRS = [BASE_DIR / "static"]
# From where they lie, so that a first start needs no collecting.
WHITENOISE_USE_FINDERS = True
# What browsers ask for at the top of the site by themselves: favicon.ico.
WHITENOISE_ROOT = BASE_DIR / "static" / "root"

# --- admin -----------------------------------------------------------------------------------------

UNFOLD = unfold.UNFOLD
# A definition has at most 100 properties; the builder posts about 15 fields for each.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 3_000

# --- security --------------------------------------------------------------------------------------

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SESSION_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$"]
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True

# SQLite has no covering indexes; the columns that some indexes include are for PostgreSQL.
SILENCED_SYSTEM_CHECKS = ["models.W040"]

# --- logs ------------------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    # A refused request is the sender's business; what fails here is an error.
    "loggers": {"django.request": {"level": "ERROR"}},
}
