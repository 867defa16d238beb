"""The end of a process that has sent something."""

import os
import subprocess
import sys

from django.conf import settings

SENDS = """
import sys
from webhooks.posting import Post, post_all
print([reply.status for replies in post_all([Post(sys.argv[1], {}, b"{}")]) for reply in replies.values()])
"""


def test_a_process_that_has_sent_something_ends_without_a_word(receiver):
    done = subprocess.run(
        [sys.executable, "-W", "always::ResourceWarning", "-c", SENDS, receiver.url("take")],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "WEBHOOK_ALLOW_PRIVATE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "[200]\n", "")
