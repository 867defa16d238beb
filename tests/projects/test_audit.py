"""Every change of the configuration raises the revision and is written down."""

from projects.audit import COMMAND, Actor, Target, record_change
from projects.models import AuditEntry, Project
from tests.factories import UserFactory


def test_a_change_is_written_down_in_three_statements(project, django_assert_num_queries):
    with django_assert_num_queries(3):
        record_change(project, by=COMMAND, action="campaign.created", target=Target("campaign", "camp_1", "Club"))

    entry = AuditEntry.objects.get()
    assert (entry.project, entry.actor_kind, entry.actor, entry.action) == (
        project,
        "command",
        "manage.py",
        "campaign.created",
    )
    assert (entry.target_type, entry.target_id, entry.target_name, entry.before, entry.after) == (
        "campaign",
        "camp_1",
        "Club",
        None,
        None,
    )
    assert str(entry) == "campaign.created Club"


def test_a_change_is_seen_by_its_revision(project):
    before = project.revision

    record_change(project, by=COMMAND, action="a", target=Target("b", "c"))

    assert project.revision == Project.objects.get(pk=project.pk).revision != before


def test_names_that_are_too_long_are_cut(project):
    record_change(project, by=Actor("key", "k" * 500), action="a", target=Target("b", "c", "n" * 500))

    entry = AuditEntry.objects.get()
    assert (len(entry.actor), len(entry.target_name)) == (200, 300)


def test_a_user_acts_under_the_name_of_the_account(db):
    assert Actor.user(UserFactory(username="ada")) == Actor("user", "ada")
