"""Pausing a distribution whose webhook takes nothing (webhooks/pausing.py)."""

from datetime import datetime
from uuid import UUID

from distributions.creation import pause_distribution
from distributions.models import Distribution
from projects.models import Project
from webhooks.pausing import WORKER, SendSource


class PauseDistribution(SendSource):
    """It goes on scheduling; what is due and what is not sent yet waits until it is enabled."""

    def pause(self, project: Project, source_id: UUID, why: str, now: datetime) -> None:
        living = Distribution.objects.filter(project=project, pk=source_id, deleted_at=None)
        for distribution in living:
            pause_distribution(distribution, reason=why, by=WORKER, now=now)

    def is_on(self, source_id: UUID) -> bool:
        return Distribution.objects.filter(pk=source_id, active=True, paused_at=None, deleted_at=None).exists()
