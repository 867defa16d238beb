"""The demo's login and keys: made once, kept in `var/demo.json` for whoever runs the demo, never in the database."""

import json
import os
import secrets
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction

from projects.audit import COMMAND
from projects.keys import create_key, revoke_keys
from projects.models import ApiKey, KeyKind, Project

ADMIN = "admin"
LABEL = "demo"


def credentials_path() -> Path:
    return Path(settings.VAR_DIR) / "demo.json"


def ensure_credentials(project: Project, now: datetime) -> dict[str, Any]:
    """What `var/demo.json` says where it is this database's; else a new password and new keys, the old revoked."""
    path = credentials_path()
    kept = _read(path)
    if kept is not None and kept.get("project") == project.public_id:
        return kept
    made = _make(project, now)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(made, file, indent=2)
    return made


def _read(path: Path) -> dict[str, Any] | None:
    try:
        kept = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return kept if isinstance(kept, dict) else None


def _make(project: Project, now: datetime) -> dict[str, Any]:
    password = secrets.token_urlsafe(12)
    with transaction.atomic():
        user, _ = get_user_model().objects.get_or_create(
            username=ADMIN, defaults={"is_staff": True, "is_superuser": True}
        )
        user.set_password(password)
        user.save()
        old = ApiKey.objects.filter(project=project, label=LABEL, revoked_at=None)
        revoke_keys(list(old.select_related("project")), by=COMMAND, now=now)
        made: dict[str, Any] = {
            "project": project.public_id,
            "admin": {"user": ADMIN, "password": password},
        }
        for kind in KeyKind.values:
            domains = ["*"] if kind == KeyKind.CLIENT else []
            key, token = create_key(project, kind=kind, by=COMMAND, label=LABEL, trusted_domains=domains)
            made[kind] = {"id": key.key_id, "token": token}
    return made
