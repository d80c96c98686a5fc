-- Close the breaker by hand. Answers of calls that are out count for nothing; what was learnt about the rate stays.

if not lane then return nil end
if lane.open_until > 0 then lane.tokens = math.min(lane.tokens, reserve_tokens) end
lane.open_until, lane.window, lane.probe, lane.refused, lane.pause_until = nil, nil, nil, nil, nil
lane.closed_at = now
begin_epoch()
keep()
return nil
