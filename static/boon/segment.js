// The conditions of a segment or of a validation rule: rows come and go, each shows what its field has, and the page
// says whom they fit now, or what they say.
(function () {
  "use strict";
  var WAIT = 400;

  function Conditions(part) {
    this.part = part;
    this.form = part.closest("form");
    this.list = part.querySelector("[data-rows]");
    this.blank = part.querySelector("[data-blank]");
    this.told = part.querySelector("[data-told]");
    this.total = this.form.querySelector('[name="rows-TOTAL_FORMS"]');
    this.type = document.getElementById("id_type");
    this.project = document.getElementById("id_project");
    this.mode = document.getElementById("id_joined");
    this.data = JSON.parse(document.getElementById("boon-segment-data").textContent);
  }

  Conditions.prototype.start = function () {
    var own = this;
    this.rows().forEach(function (row) { own.fit(row); });
    this.part.querySelector("[data-add]").addEventListener("click", function () { own.add(); });
    this.list.addEventListener("click", function (event) {
      var button = event.target.closest("[data-remove]");
      if (button) own.remove(button.closest("[data-row]"));
    });
    this.list.addEventListener("change", function (event) { own.fit(event.target.closest("[data-row]")); });
    this.form.addEventListener("input", function () { own.later(); });
    this.form.addEventListener("change", function () { own.later(); });
    if (this.type) this.type.addEventListener("change", function () { own.show(); });
    if (this.mode) this.mode.addEventListener("change", function () { own.show(); });
    if (this.project) this.project.addEventListener("change", function () { own.move(); });
    this.show();
    this.later();
  };

  Conditions.prototype.rows = function () { return Array.from(this.list.querySelectorAll("[data-row]")); };

  function field(row, name) { return row.querySelector('[name$="-' + name + '"]'); }
  function cell(row, name) { return row.querySelector('[data-cell="' + name + '"]'); }

  // --- rows ----------------------------------------------------------------------------------------------

  Conditions.prototype.add = function () {
    var holder = document.createElement("ol");
    holder.innerHTML = this.blank.innerHTML.replace(/__prefix__/g, this.total.value);
    var row = holder.querySelector("[data-row]");
    this.list.appendChild(row);
    this.total.value = Number(this.total.value) + 1;
    this.fill(field(row, "field"), this.choices());
    this.fit(row);
    field(row, "field").focus();
  };

  Conditions.prototype.remove = function (row) {
    field(row, "DELETE").checked = true;
    row.hidden = true;
    this.part.querySelector("[data-add]").focus();
    this.later();
  };

  // What the row's field has: its operators, and what else can be said of an event.
  Conditions.prototype.fit = function (row) {
    if (!row) return;
    var name = field(row, "field").value, kind = this.kindOf(name), without = this.data.without;
    this.fill(field(row, "operator"), [["", this.data.operators[kind]]]);
    cell(row, "key").hidden = !this.data.keyed.includes(name);
    cell(row, "operator").hidden = !name;
    var isBare = without.includes(field(row, "operator").value) || (this.data.bare || []).includes(kind);
    cell(row, "values").hidden = !name || isBare;
    if (cell(row, "property")) this.fitEvent(row, eventOf(name));
  };

  // Of an event that is counted: within how many days, and which of them.
  Conditions.prototype.fitEvent = function (row, event) {
    var without = this.data.without;
    this.fill(field(row, "property_operator"), [["", this.data.operators[this.data.json]]]);
    var properties = (event && this.data.properties[event.name]) || [];
    this.fill(field(row, "property"), [
      ["", [["", "Any"]].concat(properties.map(function (found) { return [event.name + "\t" + found, found]; }))]
    ]);
    var hasProperty = Boolean(event && field(row, "property").value);
    cell(row, "within_days").hidden = !event || event.what !== "count";
    cell(row, "property").hidden = !properties.length;
    cell(row, "property_operator").hidden = !hasProperty;
    cell(row, "property_values").hidden = !hasProperty || without.includes(field(row, "property_operator").value);
  };

  function eventOf(name) {
    var found = /^events\.([\s\S]+)\.(count|last_at|first_at)$/.exec(name);
    return found && { name: found[1], what: found[2] };
  }

  Conditions.prototype.kindOf = function (name) {
    var kind = "text";
    Object.values(this.data.groups).forEach(function (choices) {
      choices.forEach(function (choice) { if (choice[0] === name) kind = choice[2]; });
    });
    return kind;
  };

  Conditions.prototype.choices = function () {
    var groups = this.data.groups;
    return [["", [["", "Choose…"]]]].concat(Object.keys(groups).map(function (group) { return [group, groups[group]]; }));
  };

  // Groups of [value, label]; what was chosen stays chosen where it is still offered.
  Conditions.prototype.fill = function (select, groups) {
    var chosen = select.value;
    select.replaceChildren.apply(select, groups.flatMap(function (group) {
      var options = group[1].map(function (choice) {
        var option = new Option(choice[1], choice[0]);
        option.selected = choice[0] === chosen;
        return option;
      });
      if (!group[0]) return options;
      var holder = document.createElement("optgroup");
      holder.label = group[0];
      holder.append.apply(holder, options);
      return [holder];
    }));
  };

  // --- the page ------------------------------------------------------------------------------------------

  Conditions.prototype.show = function () {
    if (this.mode) toggle("id_logic", this.mode.value === "logic");
    if (!this.type) return;
    var isStatic = this.type.value === "static";
    this.part.hidden = isStatic;
    toggle("id_members", isStatic);
    toggle("id_junction", !isStatic);
  };

  function toggle(id, isShown) {
    var control = document.getElementById(id);
    var line = control && (control.closest(".field-line, .form-row, .field-row") || control.parentElement);
    if (line) line.hidden = !isShown;
  }

  // Another project has other events and programmes.
  Conditions.prototype.move = function () {
    var own = this;
    if (!this.project.value) return;
    fetch(this.part.dataset.catalogue + "?project=" + encodeURIComponent(this.project.value), { redirect: "manual" })
      .then(function (answer) { return answer.ok ? answer.json() : null; })
      .then(function (data) {
        if (!data) return;
        own.data = data;
        own.rows().forEach(function (row) {
          own.fill(field(row, "field"), own.choices());
          own.fit(row);
        });
        own.later();
      });
  };

  // --- whom they fit -------------------------------------------------------------------------------------

  Conditions.prototype.later = function () {
    var own = this;
    clearTimeout(this.timer);
    this.timer = setTimeout(function () { own.count(); }, WAIT);
  };

  Conditions.prototype.count = function () {
    var own = this, asked = this.asked = {};
    var isReady = this.rows().some(function (row) { return !row.hidden && field(row, "field").value; });
    if (this.part.hidden || !isReady || (this.project && !this.project.value)) return this.say("");
    var data = new FormData(this.form);
    data.set("segment", this.part.dataset.segment);
    fetch(this.part.dataset.count, { method: "POST", body: data, redirect: "manual" })
      .then(function (answer) { return answer.ok ? answer.json() : { message: "" }; })
      .catch(function () { return { message: "" }; })
      .then(function (told) { if (own.asked === asked) own.say(inWords(told)); });
  };

  function inWords(told) {
    if ("message" in told) return told.message;
    var text = number(told.count, "customer") + (told.count === 1 ? " fits now." : " fit now.");
    if (told.enter === null) return text;
    return text + " Saved like this, " + number(told.enter, "customer") + " would enter" + named(told.entering, told.enter) +
      " and " + told.leave.toLocaleString("en") + " would leave" + named(told.leaving, told.leave) + ".";
  }

  function number(count, word) { return count.toLocaleString("en") + " " + word + (count === 1 ? "" : "s"); }

  function named(names, count) {
    if (!names.length) return "";
    return " (" + names.join(", ") + (count > names.length ? ", …" : "") + ")";
  }

  Conditions.prototype.say = function (text) {
    if (this.told.textContent !== text) this.told.textContent = text;
  };

  document.addEventListener("DOMContentLoaded", function () {
    var part = document.querySelector("[data-conditions]");
    if (part) new Conditions(part).start();
  });
})();
