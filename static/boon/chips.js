// Lists of values as chips, each of which may hold commas. The field with one value a line stays what is posted.
import { linesOf } from "./cards.js";

class Chips {
  constructor(field, blank, say) {
    const label = field.closest(".boon-cell").querySelector("label");
    this.field = field;
    this.say = say;
    this.label = label.textContent.trim();
    this.part = blank.content.cloneNode(true).firstElementChild;
    this.list = this.part.querySelector("[data-chip-list]");
    this.chip = this.part.querySelector("[data-chip]");
    this.entry = this.part.querySelector("input");
    this.chip.remove();
    this.entry.id = `${field.id}-entry`;
    label.htmlFor = this.entry.id;
    ["aria-describedby", "aria-invalid"].forEach((name) => {
      if (field.hasAttribute(name)) this.entry.setAttribute(name, field.getAttribute(name));
      field.removeAttribute(name);
    });
    field.hidden = true;
    field.after(this.part);
    this.listen();
    this.sync();
  }

  listen() {
    this.entry.addEventListener("keydown", (event) => this.press(event));
    this.entry.addEventListener("change", () => this.add());
    this.entry.addEventListener("paste", (event) => {
      const lines = linesOf(event.clipboardData.getData("text"));
      if (lines.length < 2) return;
      event.preventDefault();
      this.set([...this.values(), ...lines]);
    });
    this.part.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button) this.remove(Array.from(this.list.children).indexOf(button.closest("li")));
      else this.entry.focus();
    });
  }

  press(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && this.entry.value.trim()) {
      this.add();
      event.preventDefault();
      if (!event.ctrlKey && !event.metaKey) event.stopPropagation(); // the next value, not the next property
    } else if (event.key === "Backspace" && !this.entry.value && this.list.childElementCount) {
      this.remove(this.list.childElementCount - 1);
    }
  }

  values() {
    return linesOf(this.field.value);
  }

  add() {
    const value = this.entry.value.trim();
    this.entry.value = "";
    if (!value) return;
    const isThere = this.values().includes(value);
    if (!isThere) this.set([...this.values(), value]);
    this.say(`${value} ${isThere ? "is there already" : "added"}, ${this.label}`);
  }

  remove(at) {
    const values = this.values();
    const [value] = values.splice(at, 1);
    this.set(values);
    this.say(`${value} removed, ${this.label}`);
    const next = this.list.children[at];
    (next ? next.querySelector("button") : this.entry).focus();
  }

  set(values) {
    this.field.value = Array.from(new Set(values)).join("\n");
    this.sync();
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // Draws the chips anew where something else has written into the field.
  sync() {
    if (this.field.value === this.shown) return;
    this.shown = this.field.value;
    this.list.replaceChildren(...this.values().map((value) => {
      const chip = this.chip.cloneNode(true);
      chip.querySelector("[data-chip-text]").textContent = value;
      chip.querySelector("button").setAttribute("aria-label", `Remove ${value}`);
      return chip;
    }));
  }
}

document.querySelectorAll("[data-builder]").forEach((builder) => {
  const blank = builder.querySelector("[data-blank-chips]");
  const status = builder.querySelector("[data-status]");
  const say = (text) => { status.textContent = text; };
  const known = new Map(); // field → its chips
  const follow = () => {
    builder.querySelectorAll("[data-cards] textarea[data-chips]").forEach((field) => {
      if (known.has(field)) known.get(field).sync();
      else known.set(field, new Chips(field, blank, say));
    });
  };
  builder.addEventListener("boon:changed", follow);
  builder.addEventListener("change", follow);
  follow();
});
