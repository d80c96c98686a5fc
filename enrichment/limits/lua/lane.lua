-- One lane, brought to the present. Every script of this folder goes on from here. Before it stand, as `local` lines, the
-- numbers of rules.py in capitals, the rules of this lane, and the parts of the question.
--
-- KEYS[1]             the lane as JSON; in it `leases`: token of a permit that is out -> when it ends, what it cost, and so on
-- KEYS[1] .. ':hour'  the hour as JSON: slice of SLICE seconds -> what was spent in it; the present slice is in the lane
--
-- Times inside the lane are lane time: seconds that never run backwards. When the clock steps back, `clock_offset` makes
-- up for it, so a step back neither fills the bucket nor keeps a lease or an open breaker alive for longer. A step forward
-- cannot be told from an idle lane. Times are whole tenths of a millisecond, which is what JSON carries exactly.

local wall = tonumber(clock) -- seconds since 1970, given by tests alone
if not wall then
  local time = redis.call('TIME')
  wall = time[1] + time[2] / 1000000
end
wall = math.floor(wall * 10000 + 0.5) / 10000

-- What was never written; so a lane in good health stays small.
local defaults = {
  seen = 0, clock_offset = 0, -- when a script last changed the lane; what lane time has more than the clock
  tokens = 0, granted_at = 0, -- of the bucket; when the last permit was granted
  spent = 0, slice = 0, slice_cost = 0, -- in the hour, and in its present slice
  epoch = 1, -- counts the times the breaker was opened or closed by hand
  went_well_at = 0, refused = {}, -- when the latest was asked that went well, and those after it that were throttled
  pause_until = 0,
  open_until = 0, window = 0, closed_at = 0, -- the breaker; and `probe`, the token of the permit that decides about it
  cut_delay = 0, cut_at = 0, calm = 0, calm_at = 0, -- after a throttle; seconds of demand served since, counted until when
  -- `has_met_limit` is 1 when the last throttle came while the rate was climbing
  stored_delay = base_delay, stored_spent = 0, -- what the store was told
}
local lane = redis.call('GET', KEYS[1])
if lane then lane = setmetatable(cjson.decode(lane), {__index = defaults}) end
local now = wall -- lane time
local delay -- seconds between two permits now
local out = 0 -- permits that are out
local costs -- of the hour, once they are needed
local has_stepped_back = false -- the clock did
local has_rolled = false -- the hour has a new slice

-- A number that is zero is not kept.
local function over_zero(number)
  if number > 0 then return number end
end

-- Seconds of demand in which the rate stays as it was cut.
local function hold_of_cut()
  return math.max(HOLD_SECONDS, HOLD_PERMITS * lane.cut_delay)
end

-- Seconds between two permits. After a cut the rate is held: what was throttled is not tried again for a while. Then it
-- doubles, and doubles again, until the base. `calm` counts the seconds of demand served since the cut.
local function delay_now()
  if lane.cut_delay == 0 then return base_delay end
  local doublings = math.max(0, (lane.calm / hold_of_cut() - 1) / CLIMB)
  local eased = lane.cut_delay * 0.5 ^ doublings
  if eased > math.max(base_delay, NO_DELAY) then return eased end
  return base_delay
end

-- Slice of the hour, as text -> what it cost, the present one included.
local function costs_of_hour()
  if not costs then
    costs = cjson.decode(redis.call('GET', KEYS[1] .. ':hour') or '{}')
    costs[string.format('%d', lane.slice)] = over_zero(lane.slice_cost)
  end
  return costs
end

-- Whatever the calls answer that are out now, it counts for nothing.
local function begin_epoch()
  lane.epoch = lane.epoch + 1
  for _, lease in pairs(lane.leases) do lease.is_late = true end
end

local function keep()
  if has_rolled then redis.call('SET', KEYS[1] .. ':hour', cjson.encode(costs)) end
  redis.call('SET', KEYS[1], cjson.encode(lane))
end

if lane then
  now = wall + lane.clock_offset
  if now < lane.seen then
    lane.clock_offset = lane.clock_offset + lane.seen - now
    now = lane.seen
    has_stepped_back = true
  end
  delay = delay_now()
  if delay > 0 then
    lane.tokens = math.min(burst, lane.tokens + (now - lane.seen) / delay)
  else
    lane.tokens = burst
  end
  lane.seen = now
  for token, lease in pairs(lane.leases) do
    if lease.ends > now then out = out + 1 else lane.leases[token] = nil end
  end
  -- What was spent an hour ago is free again; a slice counts until its last moment is an hour old.
  local slice = math.floor(now / SLICE)
  if slice ~= lane.slice then
    local spent = 0
    for index, cost in pairs(costs_of_hour()) do
      if tonumber(index) < slice - SLICES then costs[index] = nil else spent = spent + cost end
    end
    lane.spent, lane.slice, lane.slice_cost = over_zero(spent), slice, nil
    has_rolled = true
  end
end
