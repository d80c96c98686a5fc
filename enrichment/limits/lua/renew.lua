-- Question: token.
-- Answer: 1 when it is out, and now lasts a whole lease from here; 0 when it is lost, or the breaker has opened since.

local lease = lane and lane.leases[token]
if not lease or lease.is_late then return 0 end
lease.ends = now + lease_time
keep()
return 1
