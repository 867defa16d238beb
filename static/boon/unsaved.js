// What was typed and not saved: leaving asks first, and what a session that had ended would lose comes back.
const TOKEN = "csrfmiddlewaretoken";

class Unsaved {
  constructor(builder) {
    this.builder = builder;
    this.form = builder.closest("form");
    this.key = `boon-draft:${location.pathname}`;
    this.prefix = `${builder.dataset.prefix}-`;
    this.isLeaving = false;
  }

  start() {
    // Builder.js begins at DOMContentLoaded, and takes cards from then on.
    document.addEventListener("DOMContentLoaded", () => {
      const isRestored = this.restore();
      this.before = isRestored || this.form.querySelector(".errorlist") ? null : this.fields();
    });
    this.form.addEventListener("submit", () => {
      this.isLeaving = true;
      this.keep();
    });
    window.addEventListener("beforeunload", (event) => {
      if (!this.isLeaving && this.isChanged()) event.preventDefault();
    });
    window.addEventListener("pagehide", () => {
      if (!this.isLeaving && this.isChanged()) this.keep();
    });
    // Back by the browser's own button, to the page as it was left.
    window.addEventListener("pageshow", () => { this.isLeaving = false; });
  }

  fields() {
    const fields = Array.from(new FormData(this.form)).filter(([name, value]) => name !== TOKEN && typeof value === "string");
    return JSON.stringify(fields);
  }

  isChanged() {
    return this.fields() !== this.before;
  }

  keep() {
    try {
      sessionStorage.setItem(this.key, this.fields());
    } catch {
      // Storage that is full or closed: then nothing is kept.
    }
  }

  // Whether something was brought back: only where the sign-in lay between, since anything else was saved or given up.
  restore() {
    const kept = sessionStorage.getItem(this.key);
    sessionStorage.removeItem(this.key);
    if (!kept || !this.isFromSignIn()) return false;
    const fields = JSON.parse(kept);
    if (JSON.stringify(fields) === this.fields()) return false;
    this.restoreOwn(new Map(fields.filter(([name]) => !name.startsWith(this.prefix))));
    this.restoreCards(fields.filter(([name]) => name.startsWith(this.prefix)));
    this.builder.querySelector("[data-restored]").hidden = false;
    return true;
  }

  isFromSignIn() {
    return document.referrer.startsWith(location.origin) && new URL(document.referrer).pathname.endsWith("/login/");
  }

  restoreOwn(values) {
    Array.from(this.form.elements).forEach((control) => {
      if (!control.name || control.name.startsWith(this.prefix) || control.name === TOKEN || control.type === "submit") return;
      if (control.type === "checkbox") control.checked = values.has(control.name);
      else if (values.has(control.name)) control.value = values.get(control.name);
    });
  }

  restoreCards(fields) {
    const cards = new Map(); // index → what the card says
    fields.forEach(([name, value]) => {
      const found = /^(\d+)-(.+)$/.exec(name.slice(this.prefix.length));
      if (!found) return;
      const [, index, part] = found;
      if (!cards.has(index)) cards.set(index, {});
      cards.get(index)[part] = value;
    });
    this.builder.querySelector("[data-cards]").replaceChildren();
    ["TOTAL", "INITIAL"].forEach((name) => { document.getElementById(`id_${this.prefix}${name}_FORMS`).value = "0"; });
    const standing = Array.from(cards.values()).filter((card) => !card.DELETE);
    standing.sort((one, other) => Number(one.ORDER) - Number(other.ORDER));
    this.builder.dispatchEvent(new CustomEvent("boon:add", { detail: standing }));
  }
}

document.querySelectorAll("[data-builder]").forEach((builder) => new Unsaved(builder).start());
