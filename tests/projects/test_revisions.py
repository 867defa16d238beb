"""What is compiled from a project's configuration is never older than its revision."""

from django.db import transaction

from projects.audit import raise_revision
from projects.models import Project
from projects.revisions import CachedByRevision


class Loading:
    """Counts what it is asked to load."""

    def __init__(self):
        self.loads = 0

    def __call__(self, project):
        self.loads += 1
        return project.name, self.loads


def test_something_is_loaded_once_for_a_revision(project):
    cached = CachedByRevision(Loading())

    assert [cached(project), cached(project), cached(Project.objects.get(pk=project.pk))] == [("Shop", 1)] * 3


def test_something_is_loaded_anew_when_the_revision_was_raised(project):
    cached = CachedByRevision(Loading())
    cached(project)

    raise_revision(project)

    assert cached(project) == ("Shop", 2)


def test_raising_the_revision_is_seen_by_who_reads_the_project_next(project):
    before = Project.objects.get(pk=project.pk)

    raise_revision(project)

    assert Project.objects.get(pk=project.pk).revision == project.revision > before.revision


def test_projects_are_kept_apart(project, mallorys_project):
    cached = CachedByRevision(Loading())

    assert [cached(project)[0], cached(mallorys_project)[0], cached(project)[0]] == ["Shop", "Mallory's", "Shop"]


def test_what_was_loaded_in_a_transaction_that_is_rolled_back_is_not_kept(project):
    cached = CachedByRevision(lambda project: Project.objects.get(pk=project.pk).name)
    with transaction.atomic():
        Project.objects.filter(pk=project.pk).update(name="Never was")
        raise_revision(project)
        cached(project)
        transaction.set_rollback(True)

    with transaction.atomic():
        Project.objects.filter(pk=project.pk).update(name="Shop and more")
        raise_revision(project)

    assert cached(project) == "Shop and more"
