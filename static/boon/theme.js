// Runs in the head, before anything is painted. The theme hides the page until it knows whether it is dark; what the
// browser paints meanwhile (its canvas) would flash white.
(function () {
  "use strict";
  var root = document.documentElement;
  var chosen = "auto";
  try {
    chosen = JSON.parse(localStorage.getItem("adminTheme")) || "auto";
  } catch (error) {
    // Storage that is closed or holds something else: as the system has it.
  }

  function paint(dark) {
    root.style.colorScheme = dark ? "dark" : "light";
  }

  paint(chosen === "dark" || (chosen === "auto" && matchMedia("(prefers-color-scheme: dark)").matches));
  // From then on the theme's class tells, also when the switch changes it.
  document.addEventListener("alpine:initialized", function () {
    new MutationObserver(function () { paint(root.classList.contains("dark")); })
      .observe(root, { attributes: true, attributeFilter: ["class"] });
  });
})();
