-- Answer: the lane as it is now, as JSON; nothing when Redis does not know it. Writes nothing.

if not lane then return nil end
local open_until = 0 -- by the wall clock
local breaker = 'closed'
if lane.open_until > 0 then
  open_until = lane.open_until - lane.clock_offset
  breaker = 'open'
  if lane.open_until <= now then breaker = 'half_open' end
end
local wait, reason = refusal(false, 1)
local bulk_wait, bulk_reason = refusal(true, 1)
local hold, climb = 0, 0
if lane.cut_delay > 0 then
  hold = math.max(hold_of_cut() - lane.calm, 0)
  climb = hold_of_cut() * CLIMB
end
return cjson.encode({
  hold = hold,
  climb = climb,
  nudged = lane.has_met_limit == 1,
  delay = delay,
  tokens = lane.tokens,
  budget_left = math.max(hourly_budget - lane.spent, 0),
  in_flight = out,
  epoch = lane.epoch,
  open_until = open_until,
  breaker = breaker,
  wait = wait,
  reason = reason,
  bulk_wait = bulk_wait,
  bulk_reason = bulk_reason,
})
