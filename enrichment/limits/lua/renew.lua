-- ARGV[2] also: the permit's epoch. ARGV[3] token.
-- Answers 1 when the permit is out and now lasts a whole lease from here, 0 when it is lost or the breaker has opened since.

local lane = recall()
if not lane then return 0 end
pass_time(lane)
local lease = lane.leases[ARGV[3]]
local _, epoch = struct.unpack('>dd', ARGV[2])
if not lease or epoch ~= lane.epoch then return 0 end
lease[1] = now + lease_time
keep(lane)
return 1
