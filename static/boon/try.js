// Fills the form that tries a definition with an example, so that one press shows what an event does.
import { dataOf } from "./cards.js";
import { exampleOf } from "./example.js";
import { Exact } from "./exact.js";
import { asJson } from "./snippets.js";

function typed(value) {
  if (Array.isArray(value)) return value.map(typed).join("\n");
  if (typeof value === "string") return value;
  if (value instanceof Exact) return value.text;
  return asJson(value);
}

const form = document.querySelector("form[data-fill]");
const data = dataOf("boon-try-data");
if (form && data) {
  data.properties.forEach((property, place) => {
    const found = exampleOf(property, { nested: data.nested, pasted: new Map() });
    // An object in a list has one line, like everything in a list.
    const value = property.array && property.type === "object" ? [new Exact(asJson(found.value[0]).replace(/\n */g, " "))] : found.value;
    if ("value" in found) form.elements[`property-${place}`].value = typed(value);
  });
}
