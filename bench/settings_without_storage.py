"""Settings of the endpoint without storage: the product's own, its middleware too, but for what answers."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
