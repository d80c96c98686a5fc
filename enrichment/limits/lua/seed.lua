-- Question: seed, which is what the store knows of the lane, as JSON: first (nothing yet, so the burst is there at once),
-- delay, open_until (by the wall clock, 0 when closed), window, spent and spent_at. Of two seeds the first one counts.

if lane then return nil end
seed = cjson.decode(seed)
local slice = math.floor(wall / SLICE)
costs, has_rolled = {}, true
if seed.spent > 0 then
  local spent_in = math.min(math.floor(seed.spent_at / SLICE), slice - 1)
  costs[string.format('%d', spent_in)] = seed.spent
end
lane = {
  seen = wall,
  leases = {},
  open_until = over_zero(math.min(seed.open_until, wall + LONGEST_WINDOW)),
  window = over_zero(seed.window),
  slice = slice,
  spent = over_zero(seed.spent),
  stored_delay = seed.delay,
  stored_spent = over_zero(seed.spent),
}
if seed.first then lane.tokens = burst end
if seed.delay > base_delay then
  lane.cut_delay, lane.cut_at, lane.calm_at = seed.delay, wall, wall
end
keep()
return nil
