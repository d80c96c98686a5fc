"""How often outside resources may be asked: one lane for each, shared by all workers through
Redis.
"""

from enrichment.limits.lanes import (
    Lane,
    abandon_youtube,
    acquire_youtube,
    groq_lane,
    lane,
    youtube_lanes,
    youtube_states,
)
from enrichment.limits.limiter import AdaptiveRateLimiter
from enrichment.limits.permits import Denied, LaneStatus, Permit, Reason
from enrichment.limits.using import PermitUse, using

__all__ = [
    "AdaptiveRateLimiter",
    "Denied",
    "Lane",
    "LaneStatus",
    "Permit",
    "PermitUse",
    "Reason",
    "abandon_youtube",
    "acquire_youtube",
    "groq_lane",
    "lane",
    "using",
    "youtube_lanes",
    "youtube_states",
]
