-- ARGV[2] also: when the caller asked, in seconds of Redis's clock as far as it knows (0 skips the check); 1 for bulk; cost.
-- ARGV[3] token. ARGV[4], on the second try for a lane that Redis does not know: the seed as JSON.
-- Answers twice the epoch of a granted permit, one more when it took the last place, negative for the probe; or
-- {'denied', milliseconds, reason}, {'seed'}, {'stale', time}.

local _, asked, bulk, cost = struct.unpack('>dddd', ARGV[2])
bulk = bulk == 1

local function denied(wait, reason)
  return {'denied', math.ceil(wait * 1000), reason}
end

-- A question that lay in a frozen Redis for longer than its asker waited must not take a place: nobody would ever use it.
if asked > 0 and math.abs(wall - asked) > PATIENCE then return {'stale', string.format('%.6f', wall)} end

local lane = recall()
if not lane then
  if not ARGV[4] then return {'seed'} end
  lane = new_lane(cjson.decode(ARGV[4]))
  keep(lane)
end

local skew = lane.skew
local out = pass_time(lane)
if lane.skew ~= skew then keep(lane) end -- only while time runs forward may a denied question leave the state as it was

local token = ARGV[3]
local probe = lane.open_until > 0
cost = affordable(cost, bulk and not probe)
local wait, reason = refusal(lane, out, bulk, cost)
if reason then return denied(wait, reason) end

lane.tokens = lane.tokens - 1
lane.spent = lane.spent + cost
lane.slice_cost = lane.slice_cost + cost
local wanted = now - lane.granted_at <= 2 * math.max(delay, FASTEST_CUT) -- permits follow one another: the rate is what holds the work back
lane.leases[token] = {now + lease_time, now, cost, wanted}
lane.granted_at = now
if probe then lane.probe = token end
keep(lane)
local answer = 2 * lane.epoch + (out + 1 >= max_concurrent and 1 or 0)
return probe and -answer or answer
