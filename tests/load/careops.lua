-- The requests of one kind of work against this API. Environment: KIND, TOKENS (a file), NOW (unix time), SEED, CURSOR.
local kind = os.getenv("KIND")
math.randomseed(tonumber(os.getenv("SEED") or "1"))
local tokens = {}
for line in io.lines(os.getenv("TOKENS")) do tokens[#tokens + 1] = "Bearer " .. line end
local now = tonumber(os.getenv("NOW"))
local cursor = os.getenv("CURSOR")
local day = 86400

local function iso(t) return os.date("!%Y-%m-%dT%H:%M:%SZ", t) end

local function filtered()
  local from = now + (math.random(700) - 365) * day
  return "/api/bookings?provider_id=" .. math.random(200) .. "&status=confirmed&from_date=" .. iso(from)
    .. "&to_date=" .. iso(from + 30 * day - 1) .. "&limit=50"
end

local body = '{"provider_id":%d,"contact_id":%d,"service_type":"checkup","scheduled_at":"%s","duration_minutes":15,'
  .. '"notes":"bench note bench note bench note bench note bench note bench note bench note 12345"}'

request = function()
  local headers = { ["Authorization"] = tokens[math.random(#tokens)], ["Accept"] = "application/json" }
  if kind == "create" then
    headers["Content-Type"] = "application/json"
    local start = now + 1100 * day + math.random(15000000) * 60
    return wrk.format("POST", "/api/bookings", headers, body:format(math.random(200), math.random(100000), iso(start)))
  end
  local path
  if kind == "one" then path = "/api/bookings/" .. math.random(1000000)
  elseif kind == "filtered" then path = filtered()
  elseif kind == "filtered_cursor" then path = filtered() .. "&cursor="
  elseif kind == "first" then path = "/api/bookings?limit=50&cursor="
  elseif kind == "deep" then path = "/api/bookings?limit=50&cursor=" .. cursor
  elseif kind == "dashboard" then path = "/api/dashboard"
  end
  return wrk.format("GET", path, headers)
end

done = function(summary, latency)
  io.write(string.format('\nJSON {"n":%d,"us":%d,"err_status":%d,"err_sock":%d,"p50":%.1f,"p99":%.1f}\n', summary.requests,
    summary.duration, summary.errors.status, summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.timeout, latency:percentile(50), latency:percentile(99)))
end
