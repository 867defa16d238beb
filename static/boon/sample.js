// The panel beside the cards: an event that the definition takes as it is typed, as JSON and as code that sends it.
import { dataOf, readCard, standing } from "./cards.js";
import { exampleOf } from "./example.js";
import { asCurl, asJavaScript, asJson, asPython } from "./snippets.js";

const VIEWS = { json: asJson, curl: asCurl, python: asPython, javascript: asJavaScript };
const CUSTOMER = new Map([["source_id", "alex@example.com"]]);

class Sample {
  constructor(panel, builder) {
    this.panel = panel;
    this.builder = builder;
    this.data = dataOf("boon-sample-data");
    this.code = panel.querySelector("[data-code]");
    this.warnings = panel.querySelector("[data-warnings]");
    this.tabs = Array.from(panel.querySelectorAll('[role="tab"]'));
    this.view = "json";
    this.pasted = new Map();
    this.known = new WeakMap(); // card → its property and example: a keystroke makes only one anew
    this.project = document.getElementById("id_project");
    this.name = document.getElementById("id_name");
  }

  start() {
    this.listen();
    this.show();
  }

  listen() {
    this.tabs.forEach((tab) => tab.addEventListener("click", () => this.choose(tab)));
    this.panel.addEventListener("keydown", (event) => this.step(event));
    if (this.project) this.project.addEventListener("change", () => this.forget());
    if (this.name) this.name.addEventListener("input", () => this.later());
    if (!this.builder) return;
    const reread = (event) => {
      const card = event.target.closest("[data-card]");
      if (card) this.known.delete(card);
      this.later();
    };
    this.builder.addEventListener("input", reread);
    this.builder.addEventListener("change", reread);
    this.builder.addEventListener("boon:changed", () => this.later());
    this.builder.addEventListener("boon:pasted", (event) => {
      event.detail.forEach((example) => this.pasted.set(example.as.name, example));
      this.forget();
    });
  }

  // --- what is shown -------------------------------------------------------------------------------------

  forget() {
    this.known = new WeakMap();
    this.later();
  }

  // Once a frame, however much has changed in it.
  later() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      this.show();
    });
  }

  show() {
    const { values, problems } = this.metadata();
    const text = VIEWS[this.view](this.whole(values), location.origin);
    if (text !== this.code.textContent) this.panel.querySelector(".boon-copied").hidden = true;
    this.code.textContent = text;
    this.warnings.replaceChildren(...problems.map((problem) => {
      const item = document.createElement("li");
      item.textContent = problem;
      return item;
    }));
  }

  whole(values) {
    if (this.data.kind === "object") return values;
    const event = this.data.event || (this.name && this.name.value.trim()) || "event_name";
    return new Map([["event", event], ["customer", CUSTOMER], ["metadata", values]]);
  }

  // The values by name, and what is wrong in words.
  metadata() {
    const values = new Map();
    const problems = [];
    this.properties().forEach(({ property, example }) => {
      const { name } = property;
      if (!name) return;
      if (values.has(name)) problems.push(`Two properties are called “${name}”: an event can only hold one of them.`);
      if ("value" in example) values.set(name, example.value);
      else problems.push(`No value fits “${name}”: what is asked of it contradicts itself.`);
    });
    return { values, problems: Array.from(new Set(problems)) };
  }

  properties() {
    if (!this.builder) return this.data.properties.map((property) => this.exampled(property));
    return standing(this.builder).map((card) => {
      if (!this.known.has(card)) this.known.set(card, this.exampled(readCard(card)));
      return this.known.get(card);
    });
  }

  exampled(property) {
    const project = this.project ? this.project.value : this.data.project;
    const nested = this.data.nested[project] || {};
    return { property, example: exampleOf(property, { nested, pasted: this.pasted }) };
  }

  // --- tabs ----------------------------------------------------------------------------------------------

  choose(tab) {
    this.tabs.forEach((each) => {
      each.setAttribute("aria-selected", String(each === tab));
      each.tabIndex = each === tab ? 0 : -1;
    });
    this.code.setAttribute("aria-labelledby", tab.id);
    this.view = tab.dataset.view;
    this.show();
  }

  step(event) {
    const at = this.tabs.indexOf(event.target);
    const last = this.tabs.length - 1;
    const targets = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at ? at - 1 : last, Home: 0, End: last };
    if (at < 0 || !(event.key in targets)) return;
    event.preventDefault();
    const tab = this.tabs[targets[event.key]];
    this.choose(tab);
    tab.focus();
  }
}

const panel = document.querySelector("[data-sample]");
if (panel) new Sample(panel, document.querySelector("[data-builder]")).start();
