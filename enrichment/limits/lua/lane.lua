-- The state of one lane and what passes with time. Every script of this folder begins with this text.
--
-- KEYS[1]  the lane: one MessagePack map. One key, so after a loss of memory it is gone as a whole.
-- ARGV[1]  the rules of the lane, packed as doubles (rules.py; it also gives the names in capitals)
-- ARGV[2]  doubles of the question: first the time in seconds since 1970, for tests, or 0 for Redis's own clock; then those of each script
--
-- Times inside the state are lane time: seconds that never run backwards. When the clock steps back, `skew` makes up for it, so a step
-- back neither fills the bucket nor keeps a lease or an open breaker alive for longer. A step forward cannot be told from an idle lane.

local max_concurrent, base_delay, burst, hourly_budget, reserve_tokens, reserve_budget, lease_time = struct.unpack('>ddddddd', ARGV[1])
local EPSILON = 1e-6 -- a token less a rounding error is a token

local function wall_clock()
  local given = struct.unpack('>d', ARGV[2])
  if given > 0 then return given end
  local time = redis.call('TIME')
  return time[1] + time[2] / 1000000
end

local wall = wall_clock()
local now, delay -- lane time, and the seconds between two permits now; set by pass_time

local function over_zero(number)
  return number > 0 and number or nil
end

-- A field that is not there is 0, so a lane in good health stays small.
local absent = {__index = function() return 0 end}

local function new_lane(seed)
  return setmetatable({
    seen = wall,
    tokens = over_zero(seed.first and burst or 0),
    leases = {}, -- token -> {lease ends, granted at, cost, one of many}
    epoch = 1,
    open_until = over_zero(math.min(seed.open_until, wall + LONGEST_WINDOW)),
    window = over_zero(seed.window),
    cut = seed.delay > base_delay and seed.delay or nil, cut_at = wall, calm_at = wall,
    saved = over_zero(seed.delay),
    slice = math.floor(wall / SLICE),
    hour = seed.spent > 0 and cmsgpack.pack({[math.min(math.floor(seed.spent_at / SLICE), math.floor(wall / SLICE) - 1)] = seed.spent}) or nil,
    spent = over_zero(seed.spent), told = over_zero(seed.spent),
  }, absent)
end

local function recall()
  local packed = redis.call('GET', KEYS[1])
  return packed and setmetatable(cmsgpack.unpack(packed), absent)
end

local function keep(lane)
  redis.call('SET', KEYS[1], cmsgpack.pack(lane))
end

-- Seconds of demand in which the rate stays as it was cut.
local function hold_of(lane)
  return math.max(HOLD_SECONDS, HOLD_PERMITS * lane.cut)
end

-- Seconds between two permits. After a cut the rate is held: what was throttled is not tried again for a while. Then it doubles, and
-- doubles again, until the base. `calm` counts the seconds of demand served since the cut.
local function delay_of(lane)
  if lane.cut == 0 then return base_delay end
  local eased = lane.cut * 0.5 ^ math.max(0, (lane.calm / hold_of(lane) - 1) / CLIMB)
  return eased > math.max(base_delay, NO_DELAY) and eased or base_delay
end

-- Slice of the hour -> what it cost, the present one included.
local function hour_of(lane)
  local hour = lane.hour ~= 0 and cmsgpack.unpack(lane.hour) or {}
  if lane.slice_cost > 0 then hour[lane.slice] = lane.slice_cost end
  return hour
end

-- What was spent an hour ago is free again. Costs are kept in slices; a slice counts until its last moment is an hour old.
local function roll_hour(lane)
  local slice = math.floor(now / SLICE)
  if slice == lane.slice then return end
  local hour, spent = hour_of(lane), 0
  for index, cost in pairs(hour) do
    if index < slice - SLICES then hour[index] = nil else spent = spent + cost end
  end
  lane.hour = next(hour) and cmsgpack.pack(hour) or nil -- packed once more: it is seldom needed
  lane.spent, lane.slice, lane.slice_cost = spent, slice, nil
end

-- Brings the lane to the present: the clock, the bucket, the hour, the leases that ended. Returns how many permits are out.
local function pass_time(lane)
  now = wall + lane.skew
  if now < lane.seen then
    lane.skew = lane.skew + lane.seen - now
    now = lane.seen
  end
  delay = delay_of(lane)
  if delay > 0 then
    lane.tokens = math.min(burst, lane.tokens + (now - lane.seen) / delay)
  else
    lane.tokens = burst
  end
  lane.seen = now
  roll_hour(lane)
  local out = 0
  for token, lease in pairs(lane.leases) do
    if lease[1] <= now then lane.leases[token] = nil else out = out + 1 end
  end
  return out
end

-- What this budget takes at most of a cost: one beyond the whole hour waits for an empty hour and takes all of it, so it is late but not
-- stuck for ever.
local function budget_for(bulk)
  if bulk then return hourly_budget - reserve_budget end
  return hourly_budget
end

local function affordable(cost, bulk)
  return math.min(cost, budget_for(bulk))
end

-- Seconds until the hour has room for this cost again, and whether the reserve alone is what is missing.
local function wait_for_budget(lane, bulk, cost)
  local limit = budget_for(bulk)
  if limit <= 0 then return 3600, 'budget' end
  if lane.spent + cost <= limit then return 0 end
  local hour, slices = hour_of(lane), {}
  for index in pairs(hour) do slices[#slices + 1] = index end
  table.sort(slices)
  local spent = lane.spent
  for _, index in ipairs(slices) do
    spent = spent - hour[index]
    if spent + cost <= limit then
      local reason = 'reserve'
      if lane.spent + cost > hourly_budget then reason = 'budget' end
      return (index + SLICES + 1) * SLICE - now, reason
    end
  end
  return 0
end

-- How many seconds a question of now has to wait, and why; 0 and nil when it may be asked. Of several reasons the longest wait counts.
local function refusal(lane, out, bulk, cost)
  if lane.open_until > 0 then
    bulk = false -- the reserve must not keep an import from asking whether the ban is over
    if now < lane.open_until then return lane.open_until - now, 'open' end
    local other = lane.leases[lane.probe]
    if other then return math.min(other[1] - now, ASK_AGAIN), 'probe' end
  end
  local wait, reason = 0, nil
  local function insist(seconds, why)
    if seconds > wait then wait, reason = seconds, why end
  end
  if out >= max_concurrent then
    local first = math.huge
    for _, lease in pairs(lane.leases) do first = math.min(first, lease[1]) end
    insist(math.min(first - now, ASK_AGAIN), 'slots')
  end
  if lane.pause > now then insist(lane.pause - now, 'rate') end
  local need = 1
  if bulk then need = 1 + reserve_tokens end
  if delay > 0 and lane.tokens + EPSILON < need then
    local why = 'reserve'
    if lane.tokens + EPSILON < 1 then why = 'rate' end
    insist((need - lane.tokens) * delay, why)
  end
  insist(wait_for_budget(lane, bulk, cost))
  return wait, reason
end
