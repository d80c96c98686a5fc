-- Answers the lane as JSON, or '' when Redis does not know it. Writes nothing.

local lane = recall()
if not lane then return '' end
local out = pass_time(lane)
local open_until = 0 -- by the wall clock
local half_open = false
if lane.open_until > 0 then
  open_until = lane.open_until - lane.skew
  half_open = lane.open_until <= now
end
local wait, reason = refusal(lane, out, false, affordable(1, false))
local bulk_wait, bulk_reason = refusal(lane, out, true, affordable(1, true))
return cjson.encode({
  delay = delay,
  tokens = lane.tokens,
  budget_left = math.max(hourly_budget - lane.spent, 0),
  in_flight = out,
  epoch = lane.epoch,
  open_until = open_until,
  half_open = half_open,
  wait = wait,
  reason = reason or '',
  bulk_wait = bulk_wait,
  bulk_reason = bulk_reason or '',
})
