"""Files that were written before a person was erased may tell of them in any column: they go; one can ask anew."""

from exports.models import Export, ExportStatus
from projects.models import Project


def forget_files(project: Project) -> None:
    """Deletes the project's exports but for those still to be written. A run under way finds its own gone."""
    Export.objects.filter(project=project).exclude(status=ExportStatus.SCHEDULED).delete()
