-- Answers the lane as JSON, or '' when Redis does not know it. Writes nothing.

local lane = recall()
if not lane then return '' end
local out = pass_time(lane)
return cjson.encode({
  delay = delay, tokens = lane.tokens, budget_left = math.max(hourly_budget - lane.spent, 0), in_flight = out, epoch = lane.epoch,
  open_until = lane.open_until > 0 and lane.open_until - lane.skew or 0, half_open = lane.open_until > 0 and lane.open_until <= now,
})
