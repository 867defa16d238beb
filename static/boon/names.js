// Names that cannot be, and names that two properties share, are marked while they are typed. The server decides.
import { linesOf, standing } from "./cards.js";

const LONGEST = 100;
const FORBIDDEN = /[.$\u0000-\u001f\u007f]/;
const HALF = /\p{Surrogate}/u;

function field(card, part) {
  return card.querySelector(`[name$="-${part}"]`);
}

function problemOf(name) {
  if (!name) return "A name must not be empty.";
  if (Array.from(name).length > LONGEST) return `A name has at most ${LONGEST} characters.`;
  if (FORBIDDEN.test(name) || HALF.test(name)) return "A name holds no dot, no $ and no control character.";
  if (name === "__proto__") return "This name is reserved.";
  return "";
}

// Name → the cards that claim it, as their name or as a former one; and lower-case name → the names that are so.
function claims(cards) {
  const owners = new Map();
  const twins = new Map();
  const claim = (name, card) => owners.set(name, (owners.get(name) || new Set()).add(card));
  cards.forEach(({ card, name }) => {
    if (!name) return;
    claim(name, card);
    linesOf(field(card, "aliases").value).forEach((alias) => claim(alias, card));
    const key = name.toLowerCase();
    twins.set(key, (twins.get(key) || new Set()).add(name));
  });
  return { owners, twins };
}

// What is to be said of a card's name: a problem, which keeps it from being saved, or a warning.
function judge({ card, name }, named, { owners, twins }) {
  const problem = problemOf(name);
  if (problem) return { problem };
  if (named.filter((other) => other.name === name).length > 1) {
    return { problem: `Another property is called “${name}” too.` };
  }
  if (owners.get(name).size > 1) return { problem: `“${name}” is a former name of another property.` };
  const twin = Array.from(twins.get(name.toLowerCase())).find((other) => other !== name);
  return twin ? { warning: `Only capitals tell this from “${twin}”: senders will mix them up.` } : {};
}

function noteOf(input) {
  const id = `${input.id}-note`;
  const note = document.getElementById(id) || document.createElement("p");
  if (!note.id) {
    note.id = id;
    note.className = "boon-name-note";
    input.after(note);
  }
  return note;
}

function mark(input, { problem, warning }) {
  const text = problem || warning || "";
  const note = noteOf(input);
  if (note.textContent !== text) note.textContent = text;
  note.toggleAttribute("data-problem", Boolean(problem));
  if (problem) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  if (text) input.setAttribute("aria-describedby", note.id);
  else input.removeAttribute("aria-describedby");
}

// From the first letter on these marks stand in the place of what the server said about names.
function dropServersWord(builder) {
  builder.querySelectorAll(".boon-cell-name .errorlist").forEach((list) => {
    const card = list.closest("[data-card]");
    list.remove();
    if (!card.querySelector(".errorlist")) card.removeAttribute("data-wrong");
  });
}

document.querySelectorAll("[data-builder]").forEach((builder) => {
  const touched = new WeakSet();

  function check() {
    const named = standing(builder).map((card) => ({ card, name: field(card, "name").value.trim() }));
    const claimed = claims(named);
    named.forEach((each) => {
      const isSilent = !each.name && !touched.has(each.card);
      const isServers = each.card.querySelector(".boon-cell-name .errorlist");
      if (!isServers) mark(field(each.card, "name"), isSilent ? {} : judge(each, named, claimed));
    });
  }

  builder.addEventListener("input", (event) => {
    const { name } = event.target;
    if (!name || !/-(name|aliases)$/.test(name)) return;
    touched.add(event.target.closest("[data-card]"));
    dropServersWord(builder);
    check();
  });
  builder.addEventListener("boon:changed", check);
});
