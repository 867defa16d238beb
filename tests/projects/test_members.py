"""Who works in a project."""

import pytest

from common.refusals import Duplicate
from projects.members import add_member, change_role, remove_member
from projects.models import AuditEntry, Membership
from tests.factories import UserFactory
from tests.world import TESTER


def actions(project):
    return list(AuditEntry.objects.filter(project=project).order_by("id").values_list("action", "before", "after"))


def test_a_member_comes_changes_and_goes(project):
    ada = UserFactory(username="ada")

    member = add_member(project, ada, "viewer", by=TESTER)
    change_role(member, "admin", by=TESTER)
    remove_member(member, by=TESTER)

    assert Membership.objects.count() == 0
    assert actions(project) == [
        ("member.added", None, {"role": "viewer"}),
        ("member.changed", {"role": "viewer"}, {"role": "admin"}),
        ("member.removed", {"role": "admin"}, None),
    ]


def test_a_member_is_added_once(project):
    ada = UserFactory(username="ada")
    add_member(project, ada, "viewer", by=TESTER)

    with pytest.raises(Duplicate, match=r"^ada is a member of this project already$"):
        add_member(project, ada, "admin", by=TESTER)

    assert [member.role for member in Membership.objects.all()] == ["viewer"]
    assert actions(project) == [("member.added", None, {"role": "viewer"})]


def test_a_role_that_stays_is_not_written_down(project):
    member = add_member(project, UserFactory(), "viewer", by=TESTER)

    change_role(member, "viewer", by=TESTER)

    assert [action for action, _, _ in actions(project)] == ["member.added"]
