"""The WSGI entry point that `manage.py serve` runs."""

import gc
import os
import sys

from django.core.wsgi import get_wsgi_application

from common.timeouts import limit_waiting

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
limit_waiting()

# What has been loaded by now stays: the collector would walk through all of it again and again, for a quarter of the
# time that a batch takes (docs/performance.md).
gc.collect()
gc.freeze()
# A thread that waits for the database gets its turn back soon: many short statements wait for threads that compute.
sys.setswitchinterval(0.0005)
