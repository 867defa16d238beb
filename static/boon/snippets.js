// An event as JSON, and as what sends it: cURL, Python, JavaScript. Keys are named by variables, never written out.
import { Exact } from "./exact.js";

const JSON_WORDS = { true: "true", false: "false", null: "null" };
const PYTHON_WORDS = { true: "True", false: "False", null: "None" };

// A value – text, Exact, true, false, null, a list, a Map – as source text. JSON's texts are texts of Python and
// JavaScript as well, with all their escapes.
function write(value, words, indent = "") {
  const inner = `${indent}  `;
  if (value instanceof Exact) return value.text;
  if (typeof value === "string") return JSON.stringify(value);
  const isList = Array.isArray(value);
  if (!isList && !(value instanceof Map)) return words[value];
  const lines = isList
    ? value.map((item) => inner + write(item, words, inner))
    : Array.from(value, ([key, item]) => `${inner}${JSON.stringify(key)}: ${write(item, words, inner)}`);
  const [open, close] = isList ? "[]" : "{}";
  return lines.length ? `${open}\n${lines.join(",\n")}\n${indent}${close}` : open + close;
}

export function asJson(value) {
  return write(value, JSON_WORDS);
}

// In single quotes a shell takes everything as it stands, but for the quote itself.
function quoted(text) {
  return `'${text.replace(/'/g, "'\\''")}'`;
}

export function asCurl(event, home) {
  return [
    `curl ${quoted(`${home}/v1/events`)} \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -H "X-App-Id: $BOON_APP_ID" \\`,
    `  -H "X-App-Token: $BOON_APP_TOKEN" \\`,
    `  -d ${quoted(asJson(event))}`,
  ].join("\n");
}

export function asPython(event, home) {
  return `import json
import os
import urllib.request

event = ${write(event, PYTHON_WORDS)}

request = urllib.request.Request(
    ${JSON.stringify(`${home}/v1/events`)},
    data=json.dumps(event).encode(),
    headers={
        "Content-Type": "application/json",
        "X-App-Id": os.environ["BOON_APP_ID"],
        "X-App-Token": os.environ["BOON_APP_TOKEN"],
    },
)
with urllib.request.urlopen(request) as answer:
    print(answer.status, answer.read().decode())`;
}

// With Voucherify's official SDK, which works against Boon with host and keys changed.
export function asJavaScript(event, home) {
  const { event: name, ...details } = Object.fromEntries(event);
  return `import voucherify from "@voucherify/sdk"; // npm install @voucherify/sdk

const boon = voucherify.VoucherifyServerSide({
  apiUrl: ${JSON.stringify(home)},
  applicationId: process.env.BOON_APP_ID,
  secretKey: process.env.BOON_APP_TOKEN,
});

const answer = await boon.events.create(${JSON.stringify(name)}, ${write(new Map(Object.entries(details)), JSON_WORDS)});
console.log(answer);`;
}
