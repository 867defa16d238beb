"""ADMIN_THEME=plain starts, and shows Django's own pages with ours among them. CI runs this folder with it as well."""

import os
import subprocess
import sys

from django.conf import settings

SIGN_IN_PAGE = """
import django
django.setup()
from django.test import Client
answer = Client(headers={"host": "localhost"}).get("/admin/login/")
print(answer.status_code, "unfold" in answer.content.decode(), answer.headers["Content-Security-Policy"])
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"ADMIN_THEME": "plain", "DJANGO_SETTINGS_MODULE": "config.settings"}
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_plain_admin_passes_the_system_checks():
    checked = run("manage.py", "check", "--fail-level", "WARNING")

    assert checked.returncode == 0, checked.stderr


def test_the_plain_admin_signs_in_under_the_strict_policy():
    signed_in = run("-c", SIGN_IN_PAGE)

    status, mentions_theme, policy = signed_in.stdout.strip().split(" ", 2)
    assert (status, mentions_theme) == ("200", "False"), signed_in.stderr
    assert "unsafe" not in policy
