// Of the number properties only those of the chosen event are offered. The groups are named after the events.
(function () {
  "use strict";
  document.addEventListener("DOMContentLoaded", function () {
    var event = document.getElementById("id_definition");
    var property = document.getElementById("id_property_name");
    if (!event || !property) return;

    function follow() {
      var name = event.options[event.selectedIndex].text;
      property.querySelectorAll("optgroup").forEach(function (group) {
        group.hidden = group.disabled = group.label !== name;
      });
      var chosen = property.options[property.selectedIndex];
      if (chosen && chosen.parentElement.disabled) property.value = "";
    }

    event.addEventListener("change", follow);
    follow();
  });
})();
