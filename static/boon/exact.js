// Numbers as the server reads them: exact, however long they are. JavaScript's own would round them.
const NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;
const WHOLE = 2n ** 63n; // the server refuses a whole number from here on, unless it is written with decimals

// A number by its text in JSON, which is written as it is.
export class Exact {
  constructor(text) {
    this.text = text;
  }
}

// The number that a text is in JSON: `units` of 10 to the power of minus `places`. Null for a text that is none.
export function parseNumber(text) {
  const found = NUMBER.exec(text);
  if (!found) return null;
  const [, sign, whole, fraction = "", exponent = "0"] = found;
  const places = fraction.length - Number(exponent);
  const units = BigInt(sign + whole + fraction);
  return places < 0 ? { units: units * 10n ** BigInt(-places), places: 0 } : { units, places };
}

// Below 0, 0 or above 0, as the first is less than the second, equal, or more.
export function compare(one, other) {
  const places = Math.max(one.places, other.places);
  const difference = grown(one, places) - grown(other, places);
  return difference < 0n ? -1 : Number(difference > 0n);
}

function grown(number, places) {
  return number.units * 10n ** BigInt(places - number.places);
}

// One text for equal numbers.
export function canonical(number) {
  let { units, places } = number;
  while (places > 0 && units % 10n === 0n) {
    units /= 10n;
    places -= 1;
  }
  return `${units}e-${places}`;
}

// The largest whole number of units of 10^-places that is not above the number.
export function floorTo(number, places) {
  if (number.places <= places) return grown(number, places);
  const step = 10n ** BigInt(number.places - places);
  const rest = number.units % step;
  return (number.units - rest) / step - (rest < 0n ? 1n : 0n);
}

// The number as JSON writes it, without zeros at its end.
export function written({ units, places }) {
  const digits = String(units < 0n ? -units : units).padStart(places + 1, "0");
  const whole = digits.slice(0, digits.length - places);
  const fraction = digits.slice(digits.length - places).replace(/0+$/, "");
  const beyond = units >= WHOLE * 10n ** BigInt(places) || units < -WHOLE * 10n ** BigInt(places);
  return (units < 0n ? "-" : "") + whole + (fraction ? `.${fraction}` : beyond ? ".0" : "");
}
