-- Question: token; asked_at, when the caller asked, in seconds of Redis's clock as far as it knows (0 in tests); cost; bulk, which
-- is 1 when the reserve is to be left to people.
-- Answer: granted, last (granted, and no place is left beside it), probe (granted, and it decides about the breaker); unknown
-- (seed the lane and ask again); or as JSON either wait (seconds) and reason, or the time when the question is stale.

-- A question that lay in a frozen Redis for longer than its asker waited must not take a place: nobody would ever use it.
asked_at = tonumber(asked_at)
if asked_at > 0 and math.abs(wall - asked_at) > PATIENCE then return cjson.encode({time = wall}) end
if not lane then return 'unknown' end

local is_probe = lane.open_until > 0
local wait, reason, taken = refusal(bulk == '1', tonumber(cost))
if reason then
  if has_stepped_back then keep() end -- else a denied question leaves the state as it was
  return cjson.encode({wait = math.ceil(wait * 1000) / 1000, reason = reason})
end

lane.leases[token] = {
  ends = now + lease_time,
  granted_at = now,
  cost = taken,
  -- permits follow one another: the rate is what holds the work back
  in_demand = now - lane.granted_at <= 2 * math.max(delay, FASTEST_CUT) or nil,
}
lane.tokens = lane.tokens - 1
lane.spent = lane.spent + taken
lane.slice_cost = lane.slice_cost + taken
lane.granted_at = now
if is_probe then lane.probe = token end
keep()
if is_probe then return 'probe' end
if out + 1 >= max_concurrent then return 'last' end
return 'granted'
