"""`python -m bench.inside MODULE ARGUMENTS...`: prints what `MODULE.main(arguments)` returns, with Django set up.

Django knows one database a process, and the bench has several; so what needs Django runs in processes of its own.
"""

import importlib
import json
import sys
from typing import Any

import django

from bench import processes
from bench.databases import Unavailable
from bench.server import environment


def call(module: str, *arguments: str, database_url: str, settings: str = "config.settings") -> Any:
    """The JSON that the module's `main` returns. Raises Unavailable with what it says where it exits otherwise."""
    command = [sys.executable, "-m", "bench.inside", module, *arguments]
    try:
        output = processes.run(command, environment=environment(database_url, settings), directory=processes.ROOT)
    except processes.Failed as error:
        raise Unavailable(str(error)) from error
    return json.loads(output)


if __name__ == "__main__":
    django.setup()
    print(json.dumps(importlib.import_module(sys.argv[1]).main(sys.argv[2:])))
