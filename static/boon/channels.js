// The channels of a distribution: cards come and go, each shows the fields of its type and what would be sent; data for
// the texts stands beside, and goes where the cursor is.
(function () {
  "use strict";
  var WAIT = 400;
  // What holds data in double braces, and which of these is JSON.
  var TEMPLATES = ["email_subject", "email_body", "webhook_payload"];
  var JSON_TEMPLATE = "webhook_payload";

  function Channels(part) {
    this.part = part;
    this.form = part.closest("form");
    this.list = part.querySelector("[data-cards]");
    this.total = this.form.querySelector('[name="channels-TOTAL_FORMS"]');
  }

  function control(card, name) { return card.querySelector('[name$="-' + name + '"]'); }
  function partOf(element) { return (element.name || "").replace(/^channels-\d+-/, ""); }

  Channels.prototype.start = function () {
    var own = this;
    this.cards().forEach(fit);
    if (!this.part.dataset.preview) return;
    this.part.addEventListener("click", function (event) {
      var button = event.target.closest("button");
      if (!button) return;
      if (button.dataset.add) own.add(button.dataset.add);
      if ("remove" in button.dataset) own.remove(button.closest("[data-card]"));
      if (button.dataset.path) own.insert(button.dataset.path);
    });
    this.part.addEventListener("focusin", function (event) {
      if (TEMPLATES.includes(partOf(event.target))) own.last = event.target;
    });
    this.list.addEventListener("change", function (event) {
      fit(event.target.closest("[data-card]"));
      if (partOf(event.target) === "webhook_sends") own.begin(event.target.closest("[data-card]"));
    });
    this.form.addEventListener("input", function () { own.later(); });
    this.form.addEventListener("change", function () { own.later(); });
    this.later();
  };

  Channels.prototype.cards = function () { return Array.from(this.list.querySelectorAll("[data-card]")); };

  // --- cards ---------------------------------------------------------------------------------------------

  // What belongs to another type is hidden, and so is a body that is not sent.
  function fit(card) {
    if (!card) return;
    var type = control(card, "type"), sends = control(card, "webhook_sends");
    card.querySelector("[data-title]").textContent = type.options[type.selectedIndex].text;
    card.querySelectorAll("[data-cell]").forEach(function (cell) {
      cell.hidden = !cell.dataset.cell.startsWith(type.value + "_");
    });
    var payload = card.querySelector('[data-cell="' + JSON_TEMPLATE + '"]');
    payload.hidden = payload.hidden || sends.value === "everything";
  }

  Channels.prototype.add = function (type) {
    var holder = document.createElement("ol");
    holder.innerHTML = this.part.querySelector("[data-blank]").innerHTML.replace(/__prefix__/g, this.total.value);
    var card = holder.querySelector("[data-card]");
    this.list.appendChild(card);
    this.total.value = Number(this.total.value) + 1;
    control(card, "type").value = type;
    fit(card);
    this.count();
    card.querySelector('[data-cell^="' + type + '_"] :is(input, textarea)').focus();
    this.later();
  };

  Channels.prototype.remove = function (card) {
    control(card, "DELETE").checked = true;
    card.hidden = true;
    this.count();
    this.part.querySelector("[data-add]").focus();
    this.later();
  };

  Channels.prototype.count = function () {
    this.part.querySelector("[data-empty]").hidden = this.cards().some(function (card) { return !card.hidden; });
  };

  // --- data ----------------------------------------------------------------------------------------------

  // At the cursor of the text that was edited last; in JSON with the quotes that a text needs there.
  Channels.prototype.insert = function (path) {
    var field = this.last && this.last.checkVisibility() ? this.last : this.first();
    if (!field) return;
    var before = field.value.slice(0, field.selectionStart), place = "{{" + path + "}}";
    if (partOf(field) === JSON_TEMPLATE && !isWithinText(before)) place = '"' + place + '"';
    field.setRangeText(place, field.selectionStart, field.selectionEnd, "end");
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };

  // A body to begin with, of what there is.
  Channels.prototype.begin = function (card) {
    var field = control(card, JSON_TEMPLATE), lines = [];
    if (field.value.trim() || control(card, "webhook_sends").value === "everything") return;
    [["customer", "customer.source_id"], ["event", "event.type"], ["segment", "segment.name"], ["code", "code"]].forEach(function (line) {
      if (this.part.querySelector('[data-path="' + line[1] + '"]')) lines.push('  "' + line[0] + '": "{{' + line[1] + '}}"');
    }, this);
    // Whom it is about is always known, also where the page does not know the rest yet.
    if (!lines.length) lines.push('  "customer": "{{customer.source_id}}"');
    field.value = "{\n" + lines.join(",\n") + "\n}";
  };

  Channels.prototype.first = function () {
    return Array.from(this.list.querySelectorAll("input, textarea")).find(function (field) {
      return TEMPLATES.includes(partOf(field)) && partOf(field) !== "email_subject" && field.checkVisibility();
    });
  };

  function isWithinText(before) { return (before.replace(/\\./g, "").match(/"/g) || []).length % 2 === 1; }

  // --- the preview ---------------------------------------------------------------------------------------

  Channels.prototype.later = function () {
    var own = this;
    clearTimeout(this.timer);
    this.timer = setTimeout(function () { own.ask(); }, WAIT);
  };

  Channels.prototype.ask = function () {
    var own = this, asked = this.asked = {}, project = document.getElementById("id_project");
    if (project && !project.value) return this.show({ message: "Choose a project first." });
    var data = new FormData(this.form);
    data.set("distribution", this.part.dataset.distribution);
    fetch(this.part.dataset.preview, { method: "POST", body: data, redirect: "manual" })
      .then(function (answer) { return answer.ok ? answer.json() : { message: "" }; })
      .catch(function () { return { message: "" }; })
      .then(function (told) { if (own.asked === asked) own.show(told); });
  };

  Channels.prototype.show = function (told) {
    var about = this.part.querySelector("[data-about]"), text = told.message || told.about || "";
    if (about.textContent !== text) about.textContent = text;
    this.cards().forEach(function (card) {
      card.querySelector("[data-shown]").textContent = (told.channels || {})[card.dataset.card] || told.message || "";
    });
    this.offer(told.values || []);
  };

  // Grouped by what they are about; a group that was opened stays open.
  Channels.prototype.offer = function (values) {
    var holder = this.part.querySelector("[data-values]"), said = JSON.stringify(values);
    if (said === this.offered) return;
    var open = new Set(["customer", "event", "code", "segment", "trigger"]);
    if (holder.firstChild) {
      open = new Set(Array.from(holder.querySelectorAll("details[open]"), function (group) { return group.dataset.group; }));
    }
    this.offered = said;
    var groups = new Map();
    values.forEach(function (value) {
      var name = value[0].split(".")[0];
      if (!groups.has(name)) groups.set(name, []);
      groups.get(name).push(value);
    });
    holder.replaceChildren.apply(holder, Array.from(groups, function (group) {
      return listed(group[0], group[1], open.has(group[0]));
    }));
  };

  function listed(name, values, isOpen) {
    var group = document.createElement("details"), summary = document.createElement("summary");
    group.dataset.group = name;
    group.open = isOpen;
    summary.textContent = name.replace(/_/g, " ");
    group.append(summary);
    values.forEach(function (value) {
      var button = document.createElement("button"), example = document.createElement("span");
      button.type = "button";
      button.className = "boon-value";
      button.dataset.path = value[0];
      button.textContent = value[0];
      example.textContent = value[1];
      button.append(example);
      group.append(button);
    });
    return group;
  }

  document.addEventListener("DOMContentLoaded", function () {
    var part = document.querySelector("[data-channels]");
    if (part) new Channels(part).start();
  });
})();
