-- ARGV[3] token, ARGV[4] the permit's epoch, ARGV[5] success | throttled | nothing | unused, ARGV[6] Retry-After in seconds or 0,
-- ARGV[7] a random number from 0 to 1 for the jitter.
-- Answers {1 when the database should remember, delay, open_until by the wall clock or 0, window}; {0} for a permit that is not out any more.

local lane = recall()
if not lane then return {0} end
pass_time(lane)
local token, outcome, retry_after = ARGV[3], ARGV[5], tonumber(ARGV[6])
local lease = lane.leases[token]
if not lease then return {0} end
lane.leases[token] = nil

local remember = false
local reserve = rules.reserve_tokens

local function give_back()
  local index, cost = math.floor(lease[2] / rules.slice), lease[3]
  lane.tokens = math.min(rules.burst, lane.tokens + 1)
  if index == lane.slice then
    lane.slice_cost = lane.slice_cost - cost
  else
    local hour = cmsgpack.unpack(lane.hour)
    hour[index] = hour[index] - cost
    lane.hour = cmsgpack.pack(hour)
  end
  lane.spent = lane.spent - cost
end

local function close()
  lane.open_until, lane.closed_at, lane.probe = 0, now, ''
  lane.tokens = math.min(lane.tokens, reserve) -- what filled up during the ban would be a burst
  lane.calm, lane.calm_at = 0, now
  remember = true
end

local function succeeded()
  lane.fails = 0
  if token == lane.probe then
    close()
  elseif lane.cut > 0 then
    if lease[4] then lane.calm = lane.calm + math.min(now - lane.calm_at, 2 * lane.delay + 1) end -- a lone call tells nothing about a higher rate
    lane.calm_at = now
    if delay_of(lane) <= rules.base_delay then lane.cut = 0 end
  end
end

-- One cut for one event: answers to calls that were already out at the last cut tell nothing new about the rate.
local function slow_down()
  if lease[2] <= lane.cut_at and lane.cut > 0 then return end
  local delay = math.max(lane.delay, rules.fastest_cut)
  local before = lane.cut > 0 and lane.peak or 0
  lane.cut = math.min(delay * rules.cut, rules.longest_delay)
  lane.peak = delay > before and before > 0 and (delay + lane.cut) / 2 or delay -- throttled below the last peak: the limit shrank
  lane.cut_at, lane.calm, lane.calm_at = now, 0, now
end

local function trip()
  local again = lane.open_until > 0 or (lane.window > 0 and now - lane.closed_at < math.max(lane.window, rules.relapse))
  lane.window = again and math.min(lane.window * 2, rules.longest_window) or rules.first_window
  local rest = math.max(lane.window * (1 + rules.jitter * tonumber(ARGV[7])), retry_after)
  lane.open_until = now + math.min(rest, rules.longest_window)
  lane.epoch, lane.fails, lane.probe = lane.epoch + 1, 0, ''
  remember = true
end

local function throttled()
  lane.fails = lane.fails + 1
  lane.tokens = math.min(lane.tokens, reserve)
  if lane.open_until == 0 then slow_down() end -- a probe asks whether, not how fast
  if lane.open_until > 0 or lane.fails >= rules.trip_after or retry_after >= rules.first_window then
    trip()
  else
    lane.pause = math.max(lane.pause, now + math.max(retry_after, rules.pause * rules.longer_pause ^ (lane.fails - 1)))
  end
end

if outcome == 'unused' then
  give_back()
elseif tonumber(ARGV[4]) == lane.epoch then -- an answer from before the trip counts for nothing
  if outcome == 'success' then succeeded() end
  if outcome == 'throttled' then throttled() end
end

local delay = delay_of(lane)
if math.max(delay, 0.01) / math.max(lane.saved, 0.01) > rules.worth_saving or (delay < lane.saved
  and (delay * rules.worth_saving < lane.saved or delay == rules.base_delay)) then remember = true end
if remember then lane.saved = delay end
keep(lane)
local open_until = lane.open_until > 0 and lane.open_until - lane.skew or 0
return {remember and 1 or 0, string.format('%.6f', delay), string.format('%.6f', open_until), string.format('%.6f', lane.window)}
