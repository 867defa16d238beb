"""Packages of npm that tests need, installed once as their package-lock.json pins them."""

import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
from django.conf import settings

CURE = "Node is missing, so {} was not tried: `apt-get install nodejs npm`, then run the tests again."


def installed(source: Path) -> Path:
    """The folder in which the packages of `source` are installed; skips the test where that cannot be done."""
    if not (shutil.which("node") and shutil.which("npm")):
        _missing(CURE.format(source.name))
    files = [source / "package.json", source / "package-lock.json"]
    home = settings.VAR_DIR / f"{source.name}-{sha256(files[1].read_bytes()).hexdigest()[:12]}"
    if not home.exists():
        making = home.with_name(f"{home.name}-{os.getpid()}")
        making.mkdir(parents=True)
        for file in files:
            shutil.copy(file, making)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=making, capture_output=True, text=True, check=False)
        if done.returncode:
            shutil.rmtree(making)
            _missing(f"The packages of {source.name} could not be installed: {done.stderr[-500:]}")
        try:
            making.rename(home)
        except OSError:  # another process was faster
            shutil.rmtree(making)
    return home


def _missing(cure: str) -> None:
    if "node" in os.environ.get("REQUIRE", ""):
        pytest.fail(cure)
    pytest.skip(cure)
