"""Settings of the bare Django view, which the endpoint's CPU is compared with. The endpoint itself runs on config."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
MIDDLEWARE: list[str] = []
# The admin misses its middleware; nobody goes there.
SILENCED_SYSTEM_CHECKS = [*SILENCED_SYSTEM_CHECKS, "admin.E408", "admin.E409", "admin.E410"]  # noqa: F405
