"""The event endpoint without storage: everything that the product does in Python before it writes, and its answer.

Import it only after `django.setup()`.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from common.ids import time_of
from common.refusals import Refusal
from common.rows import new_row
from customers.models import Customer
from events.answers import answer_text
from events.chain import Draft
from events.drafting import draft_event
from events.grouping import no_note
from events.models import Event
from events.outcomes import Accepted, Outcome
from events.payloads import EventPayload
from eventschema.schema import schemas_of
from projects.keyring import KeyRing
from projects.keys import Credentials
from projects.models import Project


class WithoutStorage:
    """Its `accept` stands in for that of events/grouping.py: admits the key, drafts the events, answers.

    No statement once the key and the definitions are known. What is left out is what writing needs: the hand-over to
    the writing thread, the fingerprint of the sender's id, the customer, the rules.
    """

    def __init__(self) -> None:
        self._ring = KeyRing()
        self._projects: dict[Credentials, Project] = {}
        self._customer = Customer(source_id="customer-12345", name="Customer 12345")

    def accept(
        self,
        shown: Credentials,
        payloads: Sequence[EventPayload],
        *,
        note: Callable[[None], None] = no_note,
        **_: Any,
    ) -> tuple[Project, list[Outcome]]:
        """As Grouping.accept, for a server key without a limit."""
        self._ring.admit(shown)
        note(None)
        if shown not in self._projects:
            self._projects[shown] = self._ring.current([shown])[shown].project
        project, now = self._projects[shown], datetime.now(UTC)
        schemas = schemas_of(project)
        drafted = [draft_event(project, schemas, payload, now) for payload in payloads]
        return project, [draft if isinstance(draft, Refusal) else self._accepted(draft) for draft in drafted]

    def _accepted(self, draft: Draft) -> Accepted:
        values = {
            "id": draft.id,
            "name": draft.payload.event,
            "occurred_at": draft.occurred_at,
            "received_at": time_of(draft.id),
        }
        event = new_row(Event, values)
        return Accepted(event, self._customer, (), (), answer_text(event, self._customer, draft.payload.key))
