"""What hostile bodies are answered, kept in answers.json, to which the runs on both databases are held.

RECORD_ANSWERS=1 writes the file anew, for a new route, or where answers are meant to be others. Look at its diff.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

from common.jsons import dumps
from tests.api.caller import Answer

FILE = Path(__file__).with_name("answers.json")
# Ids, request ids and times, which are others in every run.
CHANGING = re.compile(r"\b[a-z]+_[0-9A-Za-z]{22}\b|\bv-[0-9a-f]{18}\b|\b\d{4}-\d\d-\d\dT[0-9:.]+Z")


def kept_answers() -> dict[str, Any]:
    return json.loads(FILE.read_text()) if FILE.exists() else {}


def recorded(name: str, answers: Iterable[Answer]) -> dict[str, Any]:
    """How often each status was answered, and a digest of all refusals in their order."""
    answers = list(answers)
    refusals = [dumps(answer.body) for answer in answers if answer.status >= 400]
    digest = sha256("\n".join(CHANGING.sub("…", text) for text in refusals).encode()).hexdigest()[:16]
    statuses = Counter(str(answer.status) for answer in answers)
    record = {"statuses": dict(sorted(statuses.items())), "refusals": digest}
    if os.environ.get("RECORD_ANSWERS"):
        FILE.write_text(json.dumps(kept_answers() | {name: record}, indent=1, sort_keys=True) + "\n")
    return record
