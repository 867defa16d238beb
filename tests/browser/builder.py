"""The schema builder as a person meets it."""

import json
from typing import Any

from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

# The centre of what has the focus, and whether a click there would reach it.
IS_REACHED = """() => {
  const element = document.activeElement, box = element.getBoundingClientRect();
  const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return element === hit || element.contains(hit);
}"""

# The fields that hold lists of values.
LISTS = ("eq", "ne", "aliases")


class Builder:
    def __init__(self, page: Page, home: str) -> None:
        self.page = page
        self.home = home
        self.add_button = page.get_by_role("button", name="Add next property")
        self.cards = page.locator("[data-card]:not([data-removed])")
        self.status = page.locator("[data-status]")
        self.sample = page.locator("[data-code]")
        self.dialog = page.get_by_role("dialog", name="Paste a sample")
        self.warnings = page.locator("[data-warnings] li")

    def open_new(self, model: str = "eventdefinition") -> "Builder":
        self.page.goto(self.home + reverse(f"admin:eventschema_{model}_add"))
        return self

    def open(self, definition: Any) -> "Builder":
        self.page.goto(self.home + reverse("admin:eventschema_eventdefinition_change", args=[definition.pk]))
        return self

    def card(self, place: int) -> Locator:
        """The card at that place, counted from 1; -1 is the last."""
        return self.cards.nth(place if place < 0 else place - 1)

    def field(self, place: int, name: str) -> Locator:
        return self.card(place).locator(f'[name$="-{name}"]')

    def entry(self, place: int, name: str) -> Locator:
        """Where the values of a list are typed, one after the other."""
        return self.card(place).locator(f'.boon-cell:has([name$="-{name}"]) .boon-chip-entry')

    def add(self, name: str, kind: str = "string", **more: Any) -> "Builder":
        """A card by the button, filled in."""
        self.add_button.click()
        last = self.cards.count()
        self.field(last, "name").fill(name)
        self.field(last, "type").select_option(kind)
        for part, value in more.items():
            if value is True:
                self.field(last, part).check()
            elif part in LISTS:
                self.entry(last, part).press_sequentially(f"{value}\n")
            else:
                self.field(last, part).fill(value)
        return self

    def names(self) -> list[str]:
        return [card.locator('[name$="-name"]').input_value() for card in self.cards.all()]

    def expect_names(self, *names: str) -> None:
        expect(self.cards).to_have_count(len(names))
        assert self.names() == list(names)

    def expect_sample(self, wanted: Any) -> None:
        """The example shows that, soon: it is made in the next frame."""
        expect(self.sample).to_have_text(json.dumps(wanted, indent=2, ensure_ascii=False))

    def expect_metadata(self, wanted: Any) -> None:
        text = json.dumps(wanted, indent=2, ensure_ascii=False).replace("\n", "\n  ")
        expect(self.sample).to_contain_text(f'"metadata": {text}')

    def expect_focus_reached(self) -> None:
        """What has the focus can be seen: no bar of buttons lies over it (WCAG 2.2, 2.4.11)."""
        assert self.page.evaluate(IS_REACHED)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        self.page.keyboard.type(text)

    def save_draft(self) -> None:
        self.page.get_by_role("button", name="Save draft").click()

    def publish(self) -> None:
        self.page.get_by_role("button", name="Publish").click()
