"""The form of a validation rule: a row for each condition, which becomes a rule of the contract's grammar."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from common.jsons import JsonObject
from common.refusals import FieldError, Refusal
from common.theme import dress
from projects.forms import DomainForm, for_people
from rules.admin_catalogue import OTHER_METADATA, Catalogue, catalogue_of
from rules.creation import RuleFields
from rules.grammar import LONGEST_PROPERTY, MOST_RULES, OTHER_NAMES, SPELLED
from rules.models import ContextType, ValidationRule
from rules.tree import CUSTOMER_SEGMENT
from rules.wording import OPERATOR_WORDS, WITHOUT_VALUES, texts_of

ALL, ANY, LOGIC = "all", "any", "logic"
_ROW = re.compile(r"rules\.(?P<row>[0-9]+)\.(?P<rest>.+)", re.DOTALL)
# As the API spells them.
_SENT = {name: sent for sent, name in SPELLED.items()}


class ConditionForm(forms.Form):
    """One condition. `catalogue` is what the project has."""

    field = forms.ChoiceField(label="What")
    key = forms.CharField(label="Key", max_length=LONGEST_PROPERTY, required=False)
    operator = forms.ChoiceField(label="How", choices=list(OPERATOR_WORDS.items()))
    values = forms.CharField(label="Value", required=False, widget=forms.Textarea(attrs={"rows": 1}), strip=False)

    def __init__(self, *args: Any, catalogue: Catalogue, **options: Any) -> None:
        super().__init__(*args, **options | {"label_suffix": ""})
        own: Any = self.fields
        own["field"].choices = [("", "Choose…"), *catalogue.choices()]
        dress(self)

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if said.get("field") == OTHER_METADATA and not said.get("key"):
            self.add_error("key", "Say which key.")
        return said

    @property
    def event(self) -> str:
        """The name of the event whose property is asked for, "" where none is."""
        return str(self.cleaned_data["field"]).split("\t")[1] if "\t" in self.cleaned_data["field"] else ""

    def as_rule(self) -> JsonObject:
        said = self.cleaned_data
        name, _, rest = said["field"].partition("\t")
        key = said["key"] if said["field"] == OTHER_METADATA else rest.partition("\t")[2]
        if name == CUSTOMER_SEGMENT:
            return {"name": name, "conditions": {said["operator"]: [key]}}
        rule: JsonObject = {"name": name, "conditions": _conditions(said["operator"], said["values"])}
        return rule | {"property": key} if key else rule


def _conditions(operator: str, text: str) -> JsonObject:
    if operator in WITHOUT_VALUES:
        return {operator: [True]}
    values = [line.strip("\r") for line in text.split("\n")]
    return {_SENT.get(operator, operator): [value for value in values if value] or [""]}


ConditionFormSet: Any = forms.formset_factory(
    ConditionForm, extra=0, can_delete=True, max_num=MOST_RULES, absolute_max=MOST_RULES
)


class ValidationRuleForm(DomainForm):
    """`rows` is the formset of the conditions."""

    joined = forms.ChoiceField(
        label="The rule holds if",
        choices=[(ALL, "all conditions hold"), (ANY, "any condition holds"), (LOGIC, "they hold in this way:")],
        required=False,
    )
    logic = forms.CharField(
        required=False,
        label="Conditions by their numbers",
        widget=forms.TextInput(attrs={"data-shown-when": f"joined={LOGIC}", "placeholder": "(1 or 2) and 3"}),
        help_text="With and, or and parentheses.",
    )

    class Meta:
        model = ValidationRule
        fields = ["project", "name", "context_type", "error"]
        help_texts = {"error": "For whoever reads the rule over the API, such as your shop."}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.stored: JsonObject | None = None if self.instance._state.adding else self.instance.rules
        self.project = self.chosen_project()
        self.catalogue = catalogue_of(self.project) if self.project else Catalogue({}, {})
        shown = rows_of(self.stored, self.catalogue) if self.stored else Rows([])
        self.is_beyond_rows = shown is None
        if shown is not None:
            self.initial.update(joined=shown.joined, logic=shown.logic)
        data = self.data if self.is_bound and "rows-TOTAL_FORMS" in self.data else None
        self.rows = ConditionFormSet(
            data, prefix="rows", initial=shown.rows if shown else [], form_kwargs={"catalogue": self.catalogue}
        )
        if not (shown and shown.rows) and not self.is_bound:
            self.rows.extra = 1

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        said["rules"] = self.stored
        if self.is_beyond_rows:
            return said
        if not self.rows.is_valid():
            self.add_error(None, "Some conditions cannot be used as they are.")
        elif not self.filled:
            self.add_error(None, "Say at least one condition.")
        else:
            said["rules"] = join_rows({place: row.as_rule() for place, row in self.filled.items()}, said)
        return said

    @property
    def filled(self) -> dict[str, Any]:
        """The rows that say something, by the number that people see."""
        kept = [row for row in self.rows.forms if not row.cleaned_data.get("DELETE")]
        return {str(place): row for place, row in enumerate(kept, 1) if row.cleaned_data.get("field")}

    def as_fields(self) -> RuleFields:
        said, rule = self.cleaned_data, self.instance
        kept = (rule.type, rule.applicable_to or None)
        return RuleFields(said["name"], said["rules"], kept[0], said["context_type"], said["error"], kept[1])

    def show(self, refusal: Refusal) -> None:
        """Puts each error of the rules beside the row that it is about."""
        others = [error for error in refusal.errors if not self._show(error)]
        if others or not refusal.errors:
            super().show(Refusal(refusal.details, errors=others))

    def _show(self, error: FieldError) -> bool:
        if error.path == "rules.logic":
            self.add_error("logic", for_people(error.message))
            return True
        found = _ROW.match(error.path)
        row = self.filled.get(found["row"]) if found and not self.is_beyond_rows else None
        if row is None or found is None:
            return False
        row.add_error("values" if found["rest"].startswith("conditions") else "field", for_people(error.message))
        return True


class Rows:
    """Rules as rows: how they are joined, and what each says."""

    def __init__(self, rows: list[JsonObject], joined: str = ALL, logic: str = "") -> None:
        self.rows, self.joined, self.logic = rows, joined, logic


def join_rows(rules: Mapping[str, JsonObject], said: Mapping[str, Any]) -> JsonObject:
    """The rules of numbered rows, as the API would be sent them."""
    joined = said.get("joined") or ALL
    if joined == LOGIC and said.get("logic", "").strip():
        return {**rules, "logic": said["logic"].strip()}
    return {**rules, "logic": (" or " if joined == ANY else " and ").join(rules)}


def rows_of(stored: JsonObject, catalogue: Catalogue) -> Rows | None:
    """The rows that show rules; None where these say more than rows can."""
    keys = [key for key in stored if key != "logic"]
    joined = _joined(keys, stored.get("logic") or "")
    rows = [_row_of(stored[key], catalogue) for key in keys]
    if None in rows or (joined == LOGIC and keys != [str(place) for place in range(1, len(keys) + 1)]):
        return None
    return Rows([row for row in rows if row], joined, stored["logic"] if joined == LOGIC else "")


def _joined(keys: list[str], logic: str) -> str:
    """How logic joins rules: all or any of them, each named once, or in its own way."""
    words = logic.lower().split()
    if sorted(words[::2]) != sorted(key.lower() for key in keys):
        return LOGIC if words else ALL
    signs = set(words[1::2])
    return ALL if signs <= {"and"} else ANY if signs == {"or"} else LOGIC


def _row_of(rule: JsonObject, catalogue: Catalogue) -> JsonObject | None:
    conditions = rule.get("conditions") or {}
    if rule.get("rules") or rule.get("error") or len(conditions) != 1:
        return None
    ((operator, operand),) = conditions.items()
    name, key = str(OTHER_NAMES.get(rule["name"], rule["name"])), rule.get("property") or ""
    if name == CUSTOMER_SEGMENT:
        texts = texts_of(operand)
        if len(texts) != 1 or operator not in ("$is", "$in", "$is_not", "$not_in"):
            return None
        field = catalogue.field_of(name, texts[0])
        return {"field": field, "operator": "$is_not" if "not" in operator else "$is"} if field else None
    typed = "" if operator in WITHOUT_VALUES else "\n".join(texts_of(operand))
    row = {"operator": SPELLED.get(operator, operator), "values": typed}
    field = catalogue.field_of(name, key) if key else name
    if field is None and name == OTHER_METADATA.strip():
        return row | {"field": OTHER_METADATA, "key": key}
    return row | {"field": field} if field else None


def rule_choices(projects: Any, contexts: Iterable[str], chosen: str | None) -> list[tuple[str, str]]:
    """(public id, name) of the projects' rules that are made for one of the contexts or for anything, and the chosen
    one; one statement.
    """
    rows = ValidationRule.objects.filter(project__in=projects).order_by("name", "id")
    fitting = {*contexts, ContextType.GLOBAL}
    shown = [row for row in rows if row.context_type in fitting or row.public_id == chosen]
    return [("", "Always"), *((row.public_id, row.name) for row in shown)]
