-- One event a request: a random customer of those that exist, nothing new about him, 8 properties, an id of its own.
-- From the environment: BENCH_CUSTOMERS, BENCH_APP_ID, BENCH_APP_TOKEN, and BENCH_SEED, which no other run has, so that
-- no id comes twice. Prints one line of JSON when done.

local customers = tonumber(os.getenv("BENCH_CUSTOMERS"))
local seed = tonumber(os.getenv("BENCH_SEED"))
local threads = {}

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["X-App-Id"] = os.getenv("BENCH_APP_ID")
wrk.headers["X-App-Token"] = os.getenv("BENCH_APP_TOKEN")

local template = '{"id":"%08x%08x%08x%08x","event":"order_placed",'
  .. '"customer":{"source_id":"customer-%d","name":"Customer %d"},'
  .. '"metadata":{"order_id":"order-%d","amount":%d.%02d,"items":%d,"currency":"EUR","channel":"web",'
  .. '"first_order":%s,"placed_at":"2026-11-22T10:00:00.000Z","note":"please leave it at the door"}}'

function setup(thread)
  table.insert(threads, thread)
end

function init()
  refused = 0
  math.randomseed(seed)
end

local function word()
  return math.random(0, 4294967295)
end

function request()
  local who = math.random(customers)
  local first = math.random(2) == 1 and "true" or "false"
  return wrk.format(nil, nil, nil, string.format(
    template, word(), word(), word(), word(),
    who, who, math.random(1000000), math.random(500), math.random(0, 99), math.random(9), first))
end

function response(status)
  if status < 200 or status > 299 then
    refused = refused + 1
  end
end

function done(summary, latency)
  local total = 0
  for _, thread in ipairs(threads) do
    total = total + thread:get("refused")
  end
  local errors = summary.errors
  io.write(string.format(
    '\nBENCH {"answered":%d,"microseconds":%d,"p50":%d,"p99":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), total,
    errors.connect + errors.read + errors.write + errors.timeout))
end
