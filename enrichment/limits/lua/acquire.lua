-- ARGV[3] token, ARGV[4] '1' for bulk, ARGV[5] cost, ARGV[6] when the caller asked, in seconds of Redis's clock as far as it knows ('' skips
-- the check), ARGV[7] the seed as JSON or ''.
-- Answers {'granted', epoch, probe 0|1} or {'denied', milliseconds, reason} or {'seed'} or {'stale', time}.

local function denied(wait, reason)
  return {'denied', math.ceil(wait * 1000), reason}
end

-- A question that lay in a frozen Redis for longer than its asker waited must not take a place: nobody would ever use it.
if ARGV[6] ~= '' and math.abs(wall - tonumber(ARGV[6])) > rules.patience then return {'stale', string.format('%.6f', wall)} end

local lane = recall()
if not lane then
  if ARGV[7] == '' then return {'seed'} end
  lane = new_lane(cjson.decode(ARGV[7]))
  keep(lane)
end

local skew = lane.skew
local out = pass_time(lane)
if lane.skew ~= skew then keep(lane) end -- only while time runs forward may a denied question leave the state as it was

local token, bulk = ARGV[3], ARGV[4] == '1'
local probe = lane.open_until > 0
if probe then
  if now < lane.open_until then return denied(lane.open_until - now, 'open') end
  local other = lane.leases[lane.probe]
  if other then return denied(math.min(other[1] - now, rules.ask_again), 'probe') end
  bulk = false -- the reserve must not keep an import from asking whether the ban is over
end

local wait, reason = 0, nil
local function insist(seconds, why)
  if seconds > wait then wait, reason = seconds, why end
end

if out >= rules.max_concurrent then
  local first = math.huge
  for _, lease in pairs(lane.leases) do first = math.min(first, lease[1]) end
  insist(math.min(first - now, rules.ask_again), 'slots')
end

if lane.pause > now then insist(lane.pause - now, 'rate') end

local need = 1 + (bulk and rules.reserve_tokens or 0)
if lane.delay > 0 and lane.tokens + EPSILON < need then
  insist((need - lane.tokens) * lane.delay, lane.tokens + EPSILON < 1 and 'rate' or 'reserve')
end

-- A cost beyond the whole hour waits for an empty hour and takes all of it, so it is late but not stuck for ever.
local limit = rules.hourly_budget - (bulk and rules.reserve_budget or 0)
local cost = math.min(tonumber(ARGV[5]), limit)
if limit <= 0 then
  insist(3600, 'budget')
elseif lane.spent + cost > limit then
  local hour = cmsgpack.unpack(lane.hour)
  hour[lane.slice] = lane.slice_cost
  local slices = {}
  for index in pairs(hour) do slices[#slices + 1] = index end
  table.sort(slices)
  local spent = lane.spent
  for _, index in ipairs(slices) do
    spent = spent - hour[index]
    if spent + cost <= limit then
      insist((index + rules.slices + 1) * rules.slice - now, lane.spent + cost > rules.hourly_budget and 'budget' or 'reserve')
      break
    end
  end
end

if reason then return denied(wait, reason) end

lane.tokens = lane.tokens - 1
lane.spent = lane.spent + cost
lane.slice_cost = lane.slice_cost + cost
local wanted = now - lane.granted_at <= 2 * math.max(lane.delay, rules.fastest_cut) -- permits follow one another: the rate is what holds the work back
lane.leases[token] = {now + rules.lease, now, cost, wanted}
lane.granted_at = now
if probe then lane.probe = token end
keep(lane)
return {'granted', lane.epoch, probe and 1 or 0}
