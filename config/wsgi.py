"""The WSGI entry point that `manage.py serve` runs."""

import os

from django.core.wsgi import get_wsgi_application

from common.timeouts import limit_waiting

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
limit_waiting()
