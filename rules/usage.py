"""What validation rules can be assigned to. Kinds of things register by path: this floor knows none of them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from projects.models import Project


def _any_property(_: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class RuleTarget:
    """Something that a rule can be assigned to: `words` such as "earning rule 'Sign-up bonus'", and its admin page.

    `refused` says why it cannot have a rule ("is no …"), "" where it can; `problem` why rules for it cannot ask for a
    property of the event ("is no property of 'paid'"), "" where they can.
    """

    words: str
    page: str  # `<app>_<model>`
    key: UUID
    public_id: str
    refused: str = ""
    problem: Callable[[str], str] = _any_property


class RuleUser(ABC):
    """One kind of thing that rules are assigned to; registered in `settings.RULE_USERS`."""

    # The contract's word (`earning_rule`, `campaign`, `distribution`), and the prefix of its public ids.
    object_type: str
    prefix: str

    @abstractmethod
    def targets(self, project: Project, keys: Collection[UUID]) -> Mapping[UUID, RuleTarget]:
        """Those of the keys that are living ones of the project; two statements at most."""


def rule_users() -> Iterator[RuleUser]:
    for path in settings.RULE_USERS:
        user: RuleUser = import_string(path)()
        yield user


def user_of(object_type: str) -> RuleUser | None:
    return next((user for user in rule_users() if user.object_type == object_type), None)
