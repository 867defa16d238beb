"""Validation rules compiled once a revision, and judged in Python (docs/algorithms/validation-rules.md)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from common.ids import public_id
from projects.models import Project
from projects.revisions import CachedByRevision
from rules.facts import Facts
from rules.grammar import compile_tree
from rules.models import ValidationRule
from rules.tree import Tree


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A validation rule, ready to be judged. `error` is its message for callers, "" where it has none."""

    id: UUID
    name: str
    tree: Tree
    error: str = ""

    @property
    def public_id(self) -> str:
        return public_id("val", self.id)

    @property
    def asks_segments(self) -> frozenset[UUID]:
        """The segments whose members have to be known."""
        return frozenset(key for one in self.tree.every() for test in one.segments for key in test.segments)

    @property
    def asks_properties(self) -> frozenset[str]:
        """The properties of the event that it reads, as it names them."""
        return frozenset(name for _, name in self.tree.properties())

    def holds(self, facts: Facts) -> bool:
        return self.tree.holds(facts)


def load_rules(project: Project) -> dict[UUID, CompiledRule]:
    """Every rule by its key, as it is stored now; one statement. For whoever decides what may be changed."""
    rows = ValidationRule.objects.filter(project=project)
    return {row.pk: CompiledRule(row.pk, row.name, compile_tree(row.rules), row.error) for row in rows}


# compiled_rules(project): every rule by its key. One statement once a revision, none after.
compiled_rules: Callable[[Project], Mapping[UUID, CompiledRule]] = CachedByRevision(load_rules)


def rule_of(project: Project, key: UUID) -> CompiledRule:
    """The rule by its key. One that was deleted since its assignment was read asks for nothing."""
    return compiled_rules(project).get(key) or CompiledRule(key, "", Tree())
