"""`make bench` as a whole."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.cluster import find_binary
from bench.run import main
from tests.once import once

ROOT = Path(__file__).resolve().parent.parent.parent


def test_an_unknown_section_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["--only", "single,weather"])

    assert "there is no weather" in capsys.readouterr().err


@pytest.mark.skipif("SOAK" not in os.environ, reason="takes minutes: make soak")
@pytest.mark.skipif(find_binary("pgbench") is None, reason="needs PostgreSQL's programs")
@once("it makes databases of its own")
def test_every_section_works_and_the_books_are_right():
    done = subprocess.run([sys.executable, "-m", "bench.run", "--quick"], cwd=ROOT, capture_output=True, text=True)

    assert (done.returncode, "not measured" in done.stdout) == (0, False), done.stdout + done.stderr
    assert done.stdout.rstrip().endswith("every balance is the sum of its entries.")
