"""What `celery -A config worker` runs: the outbox's messages, on this machine."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from outbox.broker import make_app  # noqa: E402  # settings first

app = make_app()
