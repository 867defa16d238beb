// Small things for every page: what needs scripts is shown, shortcuts leave typing alone, text can be copied.
(function () {
  "use strict";
  document.documentElement.classList.add("boon-live");

  // The theme has shortcuts of one key (t, /). A letter typed into a select or a button of a form is not meant for them.
  document.addEventListener("keydown", function (event) {
    var single = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (single && event.target.closest("form, [data-builder]")) event.stopPropagation();
  });

  function selectText(element) {
    var range = document.createRange();
    range.selectNodeContents(element);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  }

  function copy(element) {
    // Without HTTPS browsers offer no clipboard: the old command copies what is selected.
    if (navigator.clipboard) return navigator.clipboard.writeText(element.textContent);
    selectText(element);
    return document.execCommand("copy") ? Promise.resolve() : Promise.reject(new Error("not copied"));
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-boon-copy]");
    if (!button) return;
    var source = document.getElementById(button.dataset.boonCopy);
    copy(source).then(
      function () { document.querySelector(".boon-copied").hidden = false; },
      function () { selectText(source); }
    );
  });

  // Moments in the reader's own time; UTC is on hover, and stands there without scripts.
  var LOCAL = {
    moment: new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" }),
    time: new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" }),
  };
  window.boonLocalTimes = function (part) {
    part.querySelectorAll("time[data-boon-local]").forEach(function (element) {
      element.textContent = LOCAL[element.dataset.boonLocal].format(new Date(element.dateTime));
    });
  };
  document.addEventListener("DOMContentLoaded", function () { boonLocalTimes(document); });

  // Fields that belong to one choice: <div data-shown-when="formula=PROPORTIONAL">, to one of several (a|b), or to
  // choices of several fields (a=x&b=y). A field that the form does not have decides nothing.
  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("[data-shown-when]").forEach(function (marker) {
      var part = marker.closest(".form-row, .field-row, [data-field-row]") || marker;
      var choices = marker.dataset.shownWhen.split("&").map(function (one) {
        var rule = one.split("=");
        return { control: document.getElementById("id_" + rule[0]), values: rule[1].split("|") };
      }).filter(function (choice) { return choice.control; });
      function follow() {
        part.hidden = !choices.every(function (choice) { return choice.values.includes(choice.control.value); });
      }
      choices.forEach(function (choice) { choice.control.addEventListener("change", follow); });
      follow();
    });
  });
})();
