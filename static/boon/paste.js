// Properties out of a pasted sample: the server proposes them, a person looks at each, the ticked ones become cards.
import { readCard, standing } from "./cards.js";
import { Exact } from "./exact.js";

const LARGEST = 256 * 1024;
const LONGEST_SHOWN = 80;

class Paste {
  constructor(dialog, builder) {
    this.dialog = dialog;
    this.builder = builder;
    this.text = dialog.querySelector("textarea");
    this.problem = dialog.querySelector("[data-problem]");
    this.proposals = dialog.querySelector("[data-proposals]");
    this.take = dialog.querySelector("[data-take]");
    this.types = new Map(); // type → label, of those that a card offers
    const blank = builder.querySelector("[data-blank]").content.querySelector('[name$="-type"]');
    Array.from(blank.options).forEach((option) => this.types.set(option.value, option.text));
  }

  listen() {
    const on = (name, act) => this.dialog.querySelectorAll(`[data-${name}]`).forEach((button) => {
      button.addEventListener("click", act);
    });
    this.builder.querySelector("[data-open-paste]").addEventListener("click", () => this.open());
    on("look", () => this.look());
    on("back", () => this.step("text"));
    on("close", () => this.dialog.close());
    on("take", () => this.add());
    this.proposals.addEventListener("change", () => this.count());
    // The cards' keys mean nothing here, and Enter in a tick must not send the form around it.
    this.dialog.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.look();
    });
  }

  open() {
    this.step("text");
    this.dialog.showModal();
    this.text.focus();
  }

  step(name) {
    this.problem.textContent = "";
    this.dialog.querySelectorAll("[data-step]").forEach((part) => { part.hidden = part.dataset.step !== name; });
    if (name === "text") this.text.focus();
  }

  // --- asking ----------------------------------------------------------------------------------------------

  async look() {
    if (!this.text.value.trim()) return this.say("Paste a sample first.");
    if (new Blob([this.text.value]).size > LARGEST) return this.say("This is larger than 256 KB. A few samples are enough.");
    try {
      const answer = await this.ask();
      if (answer.problem) this.say(answer.problem);
      else this.review(answer);
    } catch {
      this.say("The server could not be asked. Are you still signed in?");
    }
  }

  async ask() {
    const project = document.getElementById("id_project");
    const token = this.dialog.closest("form").querySelector('[name="csrfmiddlewaretoken"]').value;
    const answer = await fetch(`${this.dialog.dataset.url}?project=${project ? project.value : this.builder.dataset.project}`, {
      method: "POST",
      body: this.text.value,
      redirect: "error",
      headers: { "Content-Type": "text/plain", "X-CSRFToken": token },
    });
    if (!answer.ok) throw new Error(answer.status);
    return answer.json();
  }

  say(problem) {
    this.problem.textContent = problem;
    this.text.focus();
  }

  // --- reviewing -------------------------------------------------------------------------------------------

  review(answer) {
    if (!answer.properties.length) return this.say(["There is no property in it.", ...answer.notes].join(" "));
    const there = new Set(standing(this.builder).map((card) => readCard(card).name));
    this.event = answer.event;
    this.found = answer.properties.map((property) => this.proposal(property, there));
    this.proposals.replaceChildren(...this.found.map((each) => each.row));
    this.dialog.querySelector("[data-notes]").replaceChildren(...answer.notes.map((note) => {
      const item = document.createElement("li");
      item.textContent = note;
      return item;
    }));
    this.step("review");
    this.count();
    (this.take.disabled ? this.dialog.querySelector("[data-back]") : this.take).focus();
  }

  proposal(property, there) {
    const row = this.dialog.querySelector("[data-proposal]").content.cloneNode(true).firstElementChild;
    const tick = row.querySelector("input");
    const why = there.has(property.name) ? "is there already" : this.types.has(property.type) ? "" : "cannot be nested";
    tick.checked = !why;
    tick.disabled = Boolean(why);
    row.querySelector("[data-name]").textContent = property.name;
    row.querySelector("[data-said]").textContent = why || this.inWords(property);
    row.querySelector("[data-example]").textContent = (property.example || "").slice(0, LONGEST_SHOWN);
    return { property, row, tick, isThere: there.has(property.name) };
  }

  inWords(property) {
    return [
      this.types.get(property.type) + (property.object_type ? ` ${property.object_type}` : ""),
      property.array && "several values",
      property.required && "required",
      property.personal && "personal data",
      property.eq.length && `one of ${property.eq.join(", ")}`,
    ].filter(Boolean).join(", ");
  }

  count() {
    const ticked = this.found.filter((each) => each.tick.checked).length;
    const room = Number(this.builder.dataset.most) - standing(this.builder).length;
    this.take.disabled = !ticked || ticked > room;
    this.take.textContent = ticked > room ? `Only ${room} more fit` : `Add ${ticked} ${ticked === 1 ? "property" : "properties"}`;
  }

  // --- adding ----------------------------------------------------------------------------------------------

  add() {
    const chosen = this.found.filter((each) => each.tick.checked).map((each) => each.property);
    const skipped = this.found.filter((each) => each.isThere).map((each) => each.property.name);
    const examples = this.found.map((each) => each.property).filter((property) => property.example !== null)
      .map((property) => ({ as: property, value: exactly(property.example) }));
    const name = document.getElementById("id_name");
    this.dialog.close();
    if (name && !name.value && this.event) name.value = this.event;
    this.builder.dispatchEvent(new CustomEvent("boon:pasted", { detail: examples }));
    this.builder.dispatchEvent(new CustomEvent("boon:add", { detail: chosen }));
    this.builder.querySelector("[data-status]").textContent =
      `${chosen.length} added` + (skipped.length ? `; there already: ${skipped.join(", ")}` : "");
  }
}

// A value as snippets.js writes it: numbers as they stood in the sample, objects as Maps.
function exactly(text) {
  return JSON.parse(text, (key, value, context) => {
    if (typeof value === "number") return new Exact((context && context.source) || String(value));
    const isPlain = value && typeof value === "object" && !Array.isArray(value);
    return isPlain ? new Map(Object.entries(value)) : value;
  });
}

document.querySelectorAll("[data-paste]").forEach((dialog) => {
  new Paste(dialog, dialog.closest("[data-builder]")).listen();
});
