-- Closes the breaker by hand. Answers of calls that are out count for nothing; what was learnt about the rate stays.

local lane = recall()
if not lane then return 0 end
pass_time(lane)
if lane.open_until > 0 then lane.tokens = math.min(lane.tokens, reserve_tokens) end
lane.open_until, lane.window, lane.closed_at, lane.probe, lane.fails, lane.pause = 0, 0, now, '', 0, 0
lane.epoch = lane.epoch + 1
keep(lane)
return 1
