-- Question: token; outcome, which is success, throttled, nothing or unused; with throttled also retry_after in seconds and
-- jitter, a random number from 0 to 1.
-- Answer as JSON: what the store should keep (delay, open_until by the wall clock or 0, window, spent), or nothing: then there is
-- no news.

local lease = lane and lane.leases[token]
if not lease then return nil end
lane.leases[token] = nil

local has_news = false

if outcome == 'unused' then
  local slice = math.floor(lease.granted_at / SLICE)
  if slice == lane.slice then
    lane.slice_cost = lane.slice_cost - lease.cost
  else
    local index = string.format('%d', slice)
    costs_of_hour()[index] = costs[index] - lease.cost
    has_rolled = true
  end
  lane.tokens = math.min(burst, lane.tokens + 1)
  lane.spent = lane.spent - lease.cost
elseif lease.is_late then
  outcome = 'nothing'
end

-- A row of refusals is one in the order in which the calls were asked: the answers overtake each other.
if outcome == 'success' then
  lane.went_well_at = math.max(lane.went_well_at, lease.granted_at)
  local row = {}
  for _, asked_at in ipairs(lane.refused) do
    if asked_at > lease.granted_at then row[#row + 1] = asked_at end
  end
  lane.refused = row
  if token == lane.probe then
    lane.open_until, lane.closed_at, lane.probe = nil, now, nil
    lane.tokens = math.min(lane.tokens, reserve_tokens) -- what filled up during the ban would be a burst
    lane.calm, lane.calm_at = nil, now
    has_news = true
  elseif lane.cut_delay > 0 then
    -- a lone call tells nothing about a higher rate
    if lease.in_demand then lane.calm = lane.calm + math.min(now - lane.calm_at, 2 * delay + 1) end
    lane.calm_at = now
    if delay_now() <= base_delay then lane.cut_delay, lane.calm, lane.has_met_limit = nil, nil, nil end
  end
end

-- What was asked before the last cut tells nothing new about the rate.
if outcome == 'throttled' then
  retry_after = tonumber(retry_after)
  local tells_rate = lane.cut_delay == 0 or lease.granted_at > lane.cut_at
  local row = lane.refused
  if lease.granted_at >= lane.went_well_at then
    row[#row + 1] = lease.granted_at
    lane.refused = row
  end
  lane.tokens = math.min(lane.tokens, reserve_tokens)
  if tells_rate and lane.open_until == 0 then -- a probe asks whether, not how fast
    local factor = CUT
    lane.has_met_limit = nil
    if lane.cut_delay > 0 and lane.calm > hold_of_cut() then
      factor = NUDGE -- it was climbing and had gone well until just now: then a little less will do
      lane.has_met_limit = 1
    end
    if delay == 0 then delay = FASTEST_CUT end
    lane.cut_delay = math.min(delay * factor, LONGEST_DELAY)
    lane.cut_at, lane.calm, lane.calm_at = now, nil, now
  end
  if lane.open_until > 0 or #row >= TRIP_AFTER or retry_after >= FIRST_WINDOW then
    local since_closed = now - lane.closed_at
    if lane.open_until > 0 or (lane.window > 0 and since_closed < math.max(lane.window, RELAPSE)) then
      lane.window = math.min(lane.window * 2, LONGEST_WINDOW)
    else
      lane.window = FIRST_WINDOW
    end
    local rest = math.max(lane.window * (1 + JITTER * jitter), retry_after)
    lane.open_until = now + math.min(rest, LONGEST_WINDOW)
    lane.refused, lane.probe = nil, nil
    begin_epoch()
    has_news = true
  else
    local rest = PAUSE
    if tells_rate and #row > 1 then rest = PAUSE * LONGER_PAUSE end
    lane.pause_until = math.max(lane.pause_until, now + math.max(retry_after, rest))
  end
end

delay = delay_now()
local slower = delay / math.max(lane.stored_delay, 0.01)
local faster = lane.stored_delay / math.max(delay, 0.01)
if slower > WORTH_SAVING or faster > WORTH_SAVING then has_news = true end
if faster > 1 and delay == base_delay then has_news = true end
if math.abs(lane.spent - lane.stored_spent) >= math.max(hourly_budget * WORTH_TELLING, 1) then has_news = true end
if has_news then lane.stored_delay, lane.stored_spent = delay, over_zero(lane.spent) end
keep()
if not has_news then return nil end
local open_until = 0
if lane.open_until > 0 then open_until = lane.open_until - lane.clock_offset end
return cjson.encode({delay = delay, open_until = open_until, window = lane.window, spent = lane.spent})
