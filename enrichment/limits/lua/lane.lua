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

local function new_lane(seed)
  return {
    skew = 0, seen = wall,
    tokens = seed.first and burst or 0,
    leases = {}, -- token -> {lease ends, granted at, cost, one of many}
    epoch = 1, fails = 0, pause = 0,
    open_until = seed.open_until > 0 and math.min(seed.open_until, wall + LONGEST_WINDOW) or 0,
    window = seed.window, closed_at = 0, probe = '',
    peak = base_delay, cut = seed.delay > base_delay and seed.delay or 0, cut_at = wall, calm = 0, calm_at = wall, saved = seed.delay, granted_at = 0,
    slice = math.floor(wall / SLICE), slice_cost = 0, spent = 0, hour = cmsgpack.pack({}),
  }
end

local function recall()
  local packed = redis.call('GET', KEYS[1])
  return packed and cmsgpack.unpack(packed)
end

local function keep(lane)
  redis.call('SET', KEYS[1], cmsgpack.pack(lane))
end

-- Seconds between two permits. After a cut the rate (1 / delay) follows CUBIC (RFC 9438): quickly back to near the rate that was throttled,
-- slowly around it, faster again once that has gone well. `calm` counts the seconds of demand served since the cut.
local function delay_of(lane)
  if lane.cut == 0 then return base_delay end
  local plateau = math.max(PLATEAU_SECONDS, PLATEAU_PERMITS * lane.cut)
  local from, peak = 1 / lane.cut, 1 / math.max(lane.peak, FASTEST_CUT)
  local rate = peak + (from - peak) * (1 - lane.calm / plateau) ^ 3
  local delay = math.min(1 / rate, LONGEST_DELAY)
  if delay <= math.max(base_delay, FASTEST_CUT / 10) then return base_delay end
  return delay
end

-- What an hour ago was spent is free again. Costs are kept in slices; a slice counts until its last moment is an hour old.
local function roll_hour(lane)
  local slice = math.floor(now / SLICE)
  if slice == lane.slice then return end
  local hour = cmsgpack.unpack(lane.hour)
  if lane.slice_cost > 0 then hour[lane.slice] = lane.slice_cost end
  lane.spent = 0
  for index, cost in pairs(hour) do
    if index < slice - SLICES then hour[index] = nil else lane.spent = lane.spent + cost end
  end
  lane.hour, lane.slice, lane.slice_cost = cmsgpack.pack(hour), slice, 0
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
