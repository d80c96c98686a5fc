-- ARGV[2] also: the permit's epoch; Retry-After in seconds or 0; a random number from 0 to 1 for the jitter.
-- ARGV[3] token. ARGV[4] success | throttled | nothing | unused.
-- Answers what the database should remember, {delay, open_until by the wall clock or 0, window, spent}, or nothing: then there is no news.

local lane = recall()
if not lane then return false end
pass_time(lane)
local _, epoch, retry_after, chance = struct.unpack('>dddd', ARGV[2])
local token, outcome = ARGV[3], ARGV[4]
local lease = lane.leases[token]
if not lease then return false end
lane.leases[token] = nil

local remember = false
local reserve = reserve_tokens

local function give_back()
  local index, cost = math.floor(lease[2] / SLICE), lease[3]
  lane.tokens = math.min(burst, lane.tokens + 1)
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
  lane.open_until, lane.closed_at, lane.probe = nil, now, nil
  lane.tokens = math.min(lane.tokens, reserve) -- what filled up during the ban would be a burst
  lane.calm, lane.calm_at = nil, now
  remember = true
end

local function succeeded()
  lane.fails, lane.well_at = nil, math.max(lane.well_at, lease[2])
  if token == lane.probe then
    close()
  elseif lane.cut > 0 then
    if lease[4] then lane.calm = lane.calm + math.min(now - lane.calm_at, 2 * delay + 1) end -- a lone call tells nothing about a higher rate
    lane.calm_at = now
    if delay_of(lane) <= base_delay then lane.cut, lane.calm = nil, nil end
  end
end

-- Halved, unless it was climbing and had gone well until just now: then a little less will do.
local function slow_down()
  local factor = lane.cut > 0 and lane.calm > hold_of(lane) and NUDGE or CUT
  lane.cut = math.min((delay > 0 and delay or FASTEST_CUT) * factor, LONGEST_DELAY)
  lane.cut_at, lane.calm, lane.calm_at = now, nil, now
end

local function trip()
  local again = lane.open_until > 0 or (lane.window > 0 and now - lane.closed_at < math.max(lane.window, RELAPSE))
  lane.window = again and math.min(lane.window * 2, LONGEST_WINDOW) or FIRST_WINDOW
  local rest = math.max(lane.window * (1 + JITTER * chance), retry_after)
  lane.open_until = now + math.min(rest, LONGEST_WINDOW)
  lane.epoch, lane.fails, lane.probe = lane.epoch + 1, nil, nil
  remember = true
end

-- Two kinds of answers to calls that were out together say less than others: what was asked before the last cut tells nothing new about
-- the rate, and what was asked before a call that went well is no part of a row.
local function throttled()
  local news = lane.cut == 0 or lease[2] > lane.cut_at
  if lease[2] >= lane.well_at then lane.fails = lane.fails + 1 end
  lane.tokens = math.min(lane.tokens, reserve)
  if lane.open_until == 0 and news then slow_down() end -- a probe asks whether, not how fast
  if lane.open_until > 0 or lane.fails >= TRIP_AFTER or retry_after >= FIRST_WINDOW then
    trip()
  else
    local rest = news and lane.fails > 1 and PAUSE * LONGER_PAUSE or PAUSE
    lane.pause = math.max(lane.pause, now + math.max(retry_after, rest))
  end
end

if outcome == 'unused' then
  give_back()
elseif epoch == lane.epoch then -- an answer from before the trip counts for nothing
  if outcome == 'success' then succeeded() end
  if outcome == 'throttled' then throttled() end
end

delay = delay_of(lane)
local slower, faster = delay / math.max(lane.saved, 0.01), lane.saved / math.max(delay, 0.01)
if slower > WORTH_SAVING or faster > WORTH_SAVING or (faster > 1 and delay == base_delay) then remember = true end
if math.abs(lane.spent - lane.told) >= math.max(hourly_budget * WORTH_TELLING, 1) then remember = true end
if remember then lane.saved, lane.told = delay, lane.spent end
keep(lane)
if not remember then return false end
local open_until = lane.open_until > 0 and lane.open_until - lane.skew or 0
return {string.format('%.6f', delay), string.format('%.6f', open_until), string.format('%.6f', lane.window), string.format('%.6f', lane.spent)}
