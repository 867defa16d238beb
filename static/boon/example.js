// A value that a property takes, made from what is said of it. A property as `readCard` (cards.js) and the page's data
// have it: {name, type, array, required, min_length, …} with every constraint as text, `eq` and `ne` as lists of texts.
import { Exact, canonical, compare, floorTo, parseNumber, written } from "./exact.js";

const TEXT = "sample text ";
const FRIENDLY = ["42", "10", "4", "1"];
const NOW = new Date().toISOString();
const PLACES = 3; // bounds have at most two decimals: between two of them there is always a number of three
const FIXED = {
  boolean: true,
  date: NOW.slice(0, 10),
  datetime: NOW,
  image_url: "https://example.com/image.png",
  geopoint: "52.520008, 13.404954",
};

// An example of the property: {value}, or {} where no value at all would be taken. `world` is {nested, pasted}: the
// properties of nested schemas by name, and what was pasted by the name of its property.
export function exampleOf(property, world) {
  const pasted = world.pasted.get(property.name);
  if (pasted && isStillGood(property, pasted)) return { value: pasted.value };
  const values = possible(property, world);
  if (!values.length) return {};
  return { value: property.array ? values.slice(0, 2) : values[0] };
}

// A Map from name to value of everything that has an example; `without` are the names of what has none.
export function exampleOfAll(properties, world) {
  const values = new Map();
  const without = [];
  properties.forEach((property) => {
    const found = exampleOf(property, world);
    if ("value" in found) values.set(property.name, found.value);
    else without.push(property.name);
  });
  return { values, without };
}

function possible(property, world) {
  if (property.type === "string") return texts(property);
  if (property.type === "number") return numbers(property);
  if (property.type === "object") return [objectOf(property, world)];
  return property.type in FIXED ? [FIXED[property.type]] : [];
}

function isStillGood(property, { as, value }) {
  if (as.type !== property.type || as.array !== property.array) return false;
  if ((as.object_type || "") !== (property.object_type || "")) return false;
  const items = property.array ? value : [value];
  if (property.type === "string") return items.every((item) => isTextTaken(property, item));
  if (property.type === "number") return items.every((item) => isNumberTaken(property)(parseNumber(item.text)));
  return true;
}

// --- texts -------------------------------------------------------------------------------------------------

function texts(property) {
  if (property.eq.length) return property.eq.filter((choice) => fits(property, choice));
  const { least, most } = lengths(property);
  if (least > most) return [];
  const wanted = Math.min(Math.max(least, TEXT.length - 1), most);
  return [TEXT.repeat(Math.ceil(wanted / TEXT.length)).slice(0, wanted)];
}

function isTextTaken(property, value) {
  return fits(property, value) && (!property.eq.length || property.eq.includes(value));
}

function fits(property, value) {
  const { least, most } = lengths(property);
  const length = Array.from(value).length; // characters, as the server counts them
  return least <= length && length <= most;
}

function lengths(property) {
  const said = (name, otherwise) => (/^\d+$/.test(property[name] || "") ? Number(property[name]) : otherwise);
  const exact = said("exact_length", null);
  return {
    least: Math.max(said("min_length", 0), exact ?? 0),
    most: Math.min(said("max_length", Infinity), exact ?? Infinity),
  };
}

// --- numbers -----------------------------------------------------------------------------------------------

function numbers(property) {
  const isTaken = isNumberTaken(property);
  if (property.eq.length) {
    return property.eq.filter((choice) => isTaken(parseNumber(choice))).map((choice) => new Exact(choice));
  }
  for (const candidate of candidates(property)) {
    if (isTaken(candidate)) return [new Exact(written(candidate))];
  }
  return [];
}

function isNumberTaken(property) {
  const [gt, gte, lt, lte] = ["gt", "gte", "lt", "lte"].map((name) => parseNumber(property[name] || ""));
  const refused = new Set(property.ne.map(parseNumber).filter(Boolean).map(canonical));
  const choices = new Set(property.eq.map(parseNumber).filter(Boolean).map(canonical));
  return (number) =>
    Boolean(number) &&
    (!gt || compare(number, gt) > 0) &&
    (!gte || compare(number, gte) >= 0) &&
    (!lt || compare(number, lt) < 0) &&
    (!lte || compare(number, lte) <= 0) &&
    !refused.has(canonical(number)) &&
    (!choices.size || choices.has(canonical(number)));
}

// Numbers from the nicest on; more of them than `ne` can refuse.
function* candidates(property) {
  for (const text of FRIENDLY) yield parseNumber(text);
  const lows = ["gt", "gte"].map((name) => parseNumber(property[name] || "")).filter(Boolean);
  const highs = ["lt", "lte"].map((name) => parseNumber(property[name] || "")).filter(Boolean);
  const tries = BigInt(property.ne.length + 2);
  for (const places of [0, 1, 2, PLACES]) {
    for (const low of lows) yield* steps(floorTo(low, places), places, 1n, tries);
    for (const high of highs) yield* steps(floorTo(high, places), places, -1n, tries);
    if (!lows.length && !highs.length) yield* steps(0n, places, 1n, tries);
  }
}

function* steps(from, places, step, tries) {
  for (let count = 0n; count <= tries; count += 1n) yield { units: from + count * step, places };
}

// --- objects -----------------------------------------------------------------------------------------------

function objectOf(property, world) {
  if (!property.object_type) return new Map([["key", "value"]]);
  const nested = world.nested[property.object_type] || [];
  return exampleOfAll(nested, { nested: {}, pasted: new Map() }).values;
}
