"""The builder in Django's own admin (ADMIN_THEME=plain): the same tests, in a process of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.once import once

HERE = Path(__file__).parent
# What holds in either theme: every test of the builder.
TESTS = sorted(
    [*HERE.glob("test_builder*.py"), HERE / "test_sample.py", HERE / "test_paste.py", HERE / "test_unsaved.py"]
)


@once("the theme knows no database")
@pytest.mark.timeout(1200)
def test_the_builder_works_in_the_plain_theme():
    # Without axe, which writes inline styles that the strict policy of this theme forbids.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "not axe", *map(str, TESTS)],
        env=environment | {"ADMIN_THEME": "plain"},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
