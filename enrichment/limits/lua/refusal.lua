-- Whether a question has to wait, for the scripts that grant a permit or tell the state of the lane.

local EPSILON = 1e-6 -- a token less a rounding error is a token

-- Seconds until the hour has room for this cost again: until enough of its oldest slices are over.
local function wait_for_budget(limit, cost)
  if limit <= 0 then return 3600 end
  local slices = {}
  for index in pairs(costs_of_hour()) do slices[#slices + 1] = tonumber(index) end
  table.sort(slices)
  local spent = lane.spent
  for _, index in ipairs(slices) do
    spent = spent - costs[string.format('%d', index)]
    if spent + cost <= limit then return (index + SLICES + 1) * SLICE - now end
  end
  return 0
end

-- How many seconds a question of now has to wait, and why; 0 and nil when it may be asked. Of several reasons the longest
-- wait counts. Then what it costs: one beyond the whole hour waits for an empty hour and takes all of it, so it is late but
-- not stuck for ever.
local function refusal(bulk, cost)
  if lane.open_until > 0 then
    bulk = false -- the reserve must not keep an import from asking whether the ban is over
    if now < lane.open_until then return lane.open_until - now, 'open' end
    local other = lane.leases[lane.probe]
    if other then return math.min(other.ends - now, ASK_AGAIN), 'probe' end
  end
  local wait, reason = 0, nil
  local need, limit = 1, hourly_budget
  if bulk then need, limit = 1 + reserve_tokens, hourly_budget - reserve_budget end
  cost = math.min(cost, limit)
  if out >= max_concurrent then
    local first = math.huge
    for _, lease in pairs(lane.leases) do first = math.min(first, lease.ends) end
    wait, reason = math.min(first - now, ASK_AGAIN), 'slots'
  end
  if lane.pause_until - now > wait then
    wait, reason = lane.pause_until - now, 'rate'
  end
  if lane.tokens + EPSILON < need and (need - lane.tokens) * delay > wait then
    wait, reason = (need - lane.tokens) * delay, 'reserve'
    if lane.tokens + EPSILON < 1 then reason = 'rate' end
  end
  if limit <= 0 or lane.spent + cost > limit then
    local budget_wait = wait_for_budget(limit, cost)
    if budget_wait > wait then
      wait, reason = budget_wait, 'budget'
      if limit > 0 and lane.spent + cost <= hourly_budget then reason = 'reserve' end
    end
  end
  return wait, reason, cost
end
