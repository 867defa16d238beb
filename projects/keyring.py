"""Keys that this process has seen, so that an event needs no look-up of its own.

A key is as good as its project's revision, which rises in the transaction that revokes a key or changes a switch: one
statement asks for the revisions of any number of keys.
"""

from collections.abc import Collection

from common.statements import Select
from projects.keys import Credentials, UnknownKey, find_shown
from projects.models import ApiKey, Project
from projects.tokens import live_hashes

_select_projects = Select(Project, "id IN %s")
MOST_KEPT = 10_000


class KeyRing:
    def __init__(self) -> None:
        self._kept: dict[Credentials, ApiKey] = {}

    def admit(self, shown: Credentials) -> None:
        """Learns a key that is new here. Raises UnknownKey or MissingPermission, so that a wrong key costs nobody but
        who shows it.
        """
        if shown not in self._kept:
            key = find_shown(shown)
            if key is None:
                raise UnknownKey
            self._keep(shown, key)

    def current(self, shown: Collection[Credentials]) -> dict[Credentials, ApiKey]:
        """Those that are good at this moment, with their projects of now; one statement where nothing changed.

        Access tokens end without a change of their project: one statement more asks for all that are shown.
        """
        shown = self._without_dead_tokens(shown)
        kept = {credentials: self._kept.get(credentials) for credentials in shown}
        projects = {key.project_id for key in kept.values() if key is not None}
        revisions = {project.pk: project.revision for project in _select_projects(list(projects))} if projects else {}
        good: dict[Credentials, ApiKey] = {}
        for credentials, key in kept.items():
            if key is not None and revisions.get(key.project_id) == key.project.revision:
                good[credentials] = key
            elif found := self._renewed(credentials):
                good[credentials] = found
        return good

    def _without_dead_tokens(self, shown: Collection[Credentials]) -> Collection[Credentials]:
        tokens = {credentials.token_hash for credentials in shown if credentials.scope is not None}
        if not tokens:
            return shown
        live = live_hashes(tokens)
        dead = {one for one in shown if one.scope is not None and one.token_hash not in live}
        for credentials in dead:
            self._kept.pop(credentials, None)
        return [credentials for credentials in shown if credentials not in dead]

    def _renewed(self, shown: Credentials) -> ApiKey | None:
        self._kept.pop(shown, None)
        key = find_shown(shown)
        if key is not None:
            self._keep(shown, key)
        return key

    def _keep(self, shown: Credentials, key: ApiKey) -> None:
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[shown] = key
