"""The numbers of a lane, with their units and where they come from."""

from __future__ import annotations

from dataclasses import asdict, dataclass

# The breaker. Three answers in a row are no accident; YouTube's session limit lasts "up to an hour"
# (yt-dlp wiki).
TRIP_AFTER = 3  # throttle answers in a row
FIRST_WINDOW = 30.0  # seconds; a Retry-After of this length or more opens the breaker at once
LONGEST_WINDOW = 3600.0  # seconds; also the longest Retry-After that is believed
# share of the window added at random, so installations that were banned together do not come back
# together
JITTER = 0.1
# seconds after closing within which a new trip goes on doubling (or the last window, if that is
# longer)
RELAPSE = 60.0

# The pace. Halving is TCP Reno's; holding it spares a limit that was cut for a minute the same
# trial over and over.
CUT = 2.0  # times as long a delay after a throttle answer
NUDGE = 1.25  # the same when the rate was climbing again: a little below, all had gone well
# seconds of demand after a cut in which the rate stays: as long as limits that count by the minute
# remember
HOLD_SECONDS = 60.0
HOLD_PERMITS = 12  # the same in permits, for slow lanes
# holds until the rate has doubled after that: a limit that comes back is used again within a minute
CLIMB = 0.6
LONGEST_DELAY = (
    60.0  # seconds between two permits: a video a minute is the slowest pace that still is one
)
# seconds; a lane without a delay of its own is taken to have had this one when it is throttled
FASTEST_CUT = 0.1
NO_DELAY = (
    0.01  # seconds; a lane without a delay of its own that came back to this one has none any more
)
PAUSE = 1.0  # seconds without a permit after a throttle answer: a limit per second has then run out
# times as long after the second in a row, asked after the first: a limit per ten seconds has then
# run out too
LONGER_PAUSE = 6
WORTH_SAVING = 1.25  # the delay goes to the database when it changed by this factor
# share of the hour: what was spent goes to the database in such steps, so a loss of memory forgets
# less than that
WORTH_TELLING = 0.1

# Asking.
PATIENCE = 0.45  # seconds; a little more than the connection waits for an answer
ASK_AGAIN = 1.0  # seconds until a place may be free; a release hints sooner
# seconds; the hour's costs are counted in slices, which costs at most 15 of 3,600 s (0.4 %)
SLICE = 15.0
SLICES = 240  # slices to the hour


@dataclass(frozen=True)
class Rules:
    """What a lane allows.

    They are the first lines of its scripts, so a changed setting holds from the next question on.
    """

    max_concurrent: int  # permits out at once
    base_delay: float  # seconds between two permits; 0: no rule about the rate
    burst: int  # permits
    hourly_budget: int  # units of cost within any 3,600 s; 0: nothing is ever granted
    reserve_tokens: int  # permits of the burst that bulk leaves to people
    reserve_budget: int  # units of the hour that bulk leaves to people
    lease_time: float  # seconds until the place of a holder that was not heard of is free again


def as_lua(rules: Rules) -> str:
    """The numbers of this module and the rules as Lua, under the same names."""
    numbers = {name: value for name, value in globals().items() if name.isupper()}
    named = numbers | asdict(rules)
    return "".join(f"local {name} = {value!r}\n" for name, value in named.items())
