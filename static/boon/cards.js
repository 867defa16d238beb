// What the cards of the schema builder say, and what else the page knows: plain data for the modules beside this one.

// A list as the server reads it out of a field with one value a line.
export function linesOf(text) {
  return text.split(/\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/).map((line) => line.trim()).filter(Boolean);
}

function partOf(control) {
  return control.name.replace(/^.*-\d+-/, "");
}

// Every field of a card by the last part of its name; fields that do not fit the type are left out.
export function fieldsOf(card) {
  const controls = Array.from(card.querySelectorAll("[name]")).filter((control) => !control.disabled);
  return new Map(controls.map((control) => [partOf(control), control]));
}

// A card as example.js wants a property: texts, flags, and lists of texts.
export function readCard(card) {
  const said = { eq: [], ne: [], aliases: [] };
  fieldsOf(card).forEach((control, part) => {
    if (control.type === "checkbox") said[part] = control.checked;
    else if (Array.isArray(said[part])) said[part] = linesOf(control.value);
    else said[part] = control.value.trim();
  });
  return said;
}

// The cards that are not removed, in order.
export function standing(builder) {
  return Array.from(builder.querySelectorAll("[data-card]:not([data-removed])"));
}

// What the server wrote into the page for these modules (admin_sample.py); null where it wrote nothing.
export function dataOf(id) {
  const element = document.getElementById(id);
  return element && JSON.parse(element.textContent);
}
