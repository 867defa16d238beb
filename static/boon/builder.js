// The schema builder: adds, moves, removes and fits the cards. The server reads Django's formset names alone.
(function () {
  "use strict";

  function start(builder) {
    var list = builder.querySelector("[data-cards]");
    var blank = builder.querySelector("[data-blank]");
    var addButton = builder.querySelector("[data-add]");
    var addText = builder.querySelector("[data-add-text]");
    var status = builder.querySelector("[data-status]");
    var total = document.getElementById("id_" + builder.dataset.prefix + "-TOTAL_FORMS");
    var most = Number(builder.dataset.most);

    // --- finding ---------------------------------------------------------------------------------

    function cards() { return Array.from(list.children); }
    function isRemoved(card) { return card.hasAttribute("data-removed"); }
    function standing() { return cards().filter(function (card) { return !isRemoved(card); }); }
    function part(card, name) { return card.querySelector("[data-" + name + "]"); }
    function field(card, name) { return card.querySelector('[name$="-' + name + '"]'); }
    function titleOf(card) { return field(card, "name").value.trim() || "Property"; }
    function cardOf(element) { return element.closest("[data-card]"); }

    // --- telling ---------------------------------------------------------------------------------

    function say(text) { status.textContent = text; }

    function show(element) {
      // Nearest, with the scroll margins of builder.css: what has the focus never lies under the bar of buttons.
      element.focus({ preventScroll: true });
      element.scrollIntoView({ block: "nearest" });
    }

    function retitle(card) {
      var title = titleOf(card);
      part(card, "up").setAttribute("aria-label", "Move " + title + " up");
      part(card, "down").setAttribute("aria-label", "Move " + title + " down");
      part(card, "remove").setAttribute("aria-label", "Remove " + title);
    }

    // Tells the page and the other modules that cards came, went or moved.
    function refresh() {
      var left = standing();
      cards().forEach(function (card, place) { field(card, "ORDER").value = place + 1; });
      part(builder, "empty").hidden = left.length > 0;
      part(builder, "count").textContent = left.length + " of " + most;
      var full = left.length >= most;
      addButton.disabled = full;
      addText.textContent = full ? "No more than " + most + " properties" : "Add next property";
      builder.dispatchEvent(new CustomEvent("boon:changed"));
    }

    // --- adding ----------------------------------------------------------------------------------

    function add() {
      if (addButton.disabled) return;
      show(field(append({}), "name"));
    }

    // A card at the end that says `values`: from the last part of a field's name to its text, flag or list of texts.
    function append(values) {
      var index = Number(total.value);
      var holder = document.createElement("ol");
      holder.innerHTML = blank.innerHTML.replace(/__prefix__/g, String(index));
      var card = holder.firstElementChild;
      list.appendChild(card);
      total.value = String(index + 1);
      Object.keys(values).forEach(function (name) {
        var control = field(card, name), value = values[name];
        if (!control) return;
        if (control.type === "checkbox") control.checked = value;
        else control.value = Array.isArray(value) ? value.join("\n") : value;
      });
      fit(card);
      retitle(card);
      refresh();
      return card;
    }

    builder.addEventListener("boon:add", function (event) {
      var last = event.detail.map(append).pop();
      if (last) show(field(last, "name"));
    });

    // --- moving ----------------------------------------------------------------------------------

    function told(card) {
      var left = standing();
      return titleOf(card) + " moved to position " + (left.indexOf(card) + 1) + " of " + left.length;
    }

    function place(card, before) {
      // Moving a node takes the focus from what is in it.
      var focused = card.contains(document.activeElement) ? document.activeElement : null;
      list.insertBefore(card, before);
      refresh();
      if (focused) show(focused);
    }

    function move(card, step) {
      var left = standing();
      var target = left[left.indexOf(card) + step];
      if (!target) return say(titleOf(card) + " is " + (step < 0 ? "first" : "last") + " already");
      place(card, step < 0 ? target : target.nextElementSibling);
      say(told(card));
    }

    var dragged = null;

    list.addEventListener("dragstart", function (event) {
      if (!event.target.closest || !event.target.closest(".boon-grip")) return;
      dragged = cardOf(event.target);
      dragged.classList.add("is-dragged");
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", titleOf(dragged));
      event.dataTransfer.setDragImage(dragged, 20, 20);
    });

    list.addEventListener("dragover", function (event) {
      var over = cardOf(event.target);
      if (!dragged) return;
      event.preventDefault();
      if (!over || over === dragged) return;
      var box = over.getBoundingClientRect();
      list.insertBefore(dragged, event.clientY < box.top + box.height / 2 ? over : over.nextElementSibling);
    });

    list.addEventListener("drop", function (event) { event.preventDefault(); });

    list.addEventListener("dragend", function () {
      if (!dragged) return;
      dragged.classList.remove("is-dragged");
      refresh();
      say(told(dragged));
      dragged = null;
    });

    // --- removing --------------------------------------------------------------------------------

    function setRemoved(card, removed) {
      card.toggleAttribute("data-removed", removed);
      field(card, "DELETE").checked = removed;
      part(card, "body").hidden = removed;
      part(card, "question").hidden = true;
      part(card, "undo-strip").hidden = !removed;
      part(card, "removed-name").textContent = titleOf(card);
      refresh();
    }

    function remove(card) {
      var left = standing();
      var at = left.indexOf(card);
      var neighbour = left[at + 1] || left[at - 1];
      setRemoved(card, true);
      say(titleOf(card) + " removed. Undo is in its place.");
      show(neighbour ? field(neighbour, "name") : addButton);
    }

    function askToRemove(card) {
      if (!card.hasAttribute("data-used")) return remove(card);
      part(card, "question").hidden = false;
      show(part(card, "no"));
    }

    function keep(card) {
      part(card, "question").hidden = true;
      show(part(card, "remove"));
    }

    function undo(card) {
      setRemoved(card, false);
      say(titleOf(card) + " is back");
      show(field(card, "name"));
    }

    // --- the constraints that fit the type -------------------------------------------------------

    function fit(card) {
      var type = field(card, "type");
      var dropped = [];
      part(card, "constraints").querySelectorAll("[data-types]").forEach(function (cell) {
        var control = cell.querySelector("input, textarea, select");
        var fits = cell.dataset.types.split(" ").includes(type.value);
        cell.hidden = !fits;
        // What does not fit is not posted either.
        control.disabled = !fits;
        if (!fits && control.value) {
          dropped.push(cell.querySelector("label").textContent + " (" + control.value.replace(/\n+/g, ", ") + ")");
          control.value = "";
        }
      });
      return dropped;
    }

    function changeType(card) {
      var dropped = fit(card);
      var type = field(card, "type");
      var label = type.options[type.selectedIndex].text;
      part(card, "note").textContent = dropped.length
        ? "Dropped, since it does not fit the type " + label + ": " + dropped.join(", ") + "."
        : "";
    }

    // --- keys and clicks -------------------------------------------------------------------------

    function save() {
      var button = document.querySelector("button[data-saves]");
      button.form.requestSubmit(button);
    }

    function next(card) {
      var left = standing();
      var following = left[left.indexOf(card) + 1];
      if (following) show(field(following, "name"));
      else add();
    }

    builder.addEventListener("keydown", function (event) {
      var card = cardOf(event.target);
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        save();
      } else if (event.key === "Enter" && card && !event.isComposing && !event.shiftKey) {
        // In a list of values Enter begins the next line, on a button it presses.
        if (event.target.matches("textarea, button, summary")) return;
        event.preventDefault();
        next(card);
      } else if (event.altKey && card && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
        event.preventDefault();
        move(card, event.key === "ArrowUp" ? -1 : 1);
      }
    });

    var presses = {
      up: function (card) { move(card, -1); },
      down: function (card) { move(card, 1); },
      remove: askToRemove,
      undo: undo,
      yes: remove,
      no: keep,
    };

    builder.addEventListener("click", function (event) {
      var button = event.target.closest("button");
      if (!button) return;
      if (button === addButton) return add();
      Object.keys(presses).forEach(function (name) {
        if (button.hasAttribute("data-" + name)) presses[name](cardOf(button));
      });
    });

    builder.addEventListener("change", function (event) {
      if (event.target.name && event.target.name.endsWith("-type")) changeType(cardOf(event.target));
    });

    builder.addEventListener("input", function (event) {
      if (event.target.name && event.target.name.endsWith("-name")) retitle(cardOf(event.target));
    });

    // --- beginning -------------------------------------------------------------------------------

    cards().forEach(function (card) { fit(card); retitle(card); });
    refresh();
    var wrong = builder.querySelector("[data-wrong]:not([data-removed])");
    if (wrong) whenShown(function () { show(wrong.querySelector("[aria-invalid]") || field(wrong, "name")); });
  }

  function whenShown(act) {
    // After "load", since Django's own script puts the focus into the first field of a new row; and not before the
    // theme has uncovered the page, since nothing can have the focus until then.
    window.addEventListener("load", function () {
      var root = document.documentElement;
      if (!root.hasAttribute("x-cloak")) return act();
      new MutationObserver(function (changes, observer) {
        if (root.hasAttribute("x-cloak")) return;
        observer.disconnect();
        act();
      }).observe(root, { attributes: true });
    });
  }

  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("[data-builder]").forEach(start);
  });
})();
