"""Packages of npm that tests run: installed once for each package-lock.json, under var/."""

import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

import pytest
from django.conf import settings

CURE = "Node is missing, so {} was not tried: `apt-get install nodejs npm`, then run the tests again."


def installed(source: Path, what: str) -> Path:
    """A folder with what the package-lock.json in `source` pins. Skips the test where that cannot be."""
    if not (shutil.which("node") and shutil.which("npm")):
        _missing(CURE.format(what))
    files = [source / "package.json", source / "package-lock.json"]
    home: Path = settings.VAR_DIR / f"{source.name}-{sha256(files[1].read_bytes()).hexdigest()[:12]}"
    if not home.exists():
        making = home.with_name(f"{home.name}-{os.getpid()}")
        making.mkdir(parents=True)
        for file in files:
            shutil.copy(file, making)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(command, cwd=making, capture_output=True, text=True, check=False)
        if done.returncode:
            shutil.rmtree(making)
            _missing(f"{what} could not be installed, so it was not tried: {done.stderr[-500:]}")
        try:
            making.rename(home)
        except OSError:  # another process was faster
            shutil.rmtree(making)
    return home


def _missing(cure: str) -> NoReturn:
    if "node" in os.environ.get("REQUIRE", ""):
        pytest.fail(cure)
    pytest.skip(cure)
