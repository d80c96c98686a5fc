"""Pictures: for the demo's browser a gradient per video, drawn as SVG; a JPEG for who wants one."""

from __future__ import annotations

import base64
import random

from tests.standins.specs import VideoSpec
from tests.standins.wire import Request, Response

# 320 by 180, all of one grey.
GREY_JPEG = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDACgcHiMeGSgjISMtKygwPGRBPDc3PHtYXUlkkYCZlo+AjIqgtObDoKrarYqM"
    "yP/L2u71////m8H////6/+b9//j/wAALCAC0AUABAREA/8QAFQABAQAAAAAAAAAAAAAAAAAAAAL/xAAUEAEAAAAAAAAA"
    "AAAAAAAAAAAA/9oACAEBAAA/AJAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAH//Z"
)


def picture(video: VideoSpec, request: Request) -> Response:
    """What YouTube has of a video, drawn where the request says that it takes anything."""
    wanted = request.headers.get("accept", "*/*")
    if "*/*" not in wanted:
        return Response(200, GREY_JPEG, "image/jpeg", {"Cache-Control": "max-age=7200"})
    return drawn(video)


def drawn(video: VideoSpec) -> Response:
    """A calm gradient with a gear, different for every video and the same each time."""
    draw = random.Random(video.video_id)
    hue = draw.randrange(360)
    teeth, size = draw.randint(9, 22), draw.randint(40, 90)
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 270" width="480" height="270">'
        '<defs><linearGradient id="g" x1="0" y1="0" x2="1" y2="1">'
        f'<stop offset="0" stop-color="hsl({hue} 38% 34%)"/>'
        f'<stop offset="1" stop-color="hsl({(hue + 50) % 360} 42% 62%)"/></linearGradient></defs>'
        '<rect width="480" height="270" fill="url(#g)"/>'
        f'<g transform="translate({draw.randint(120, 360)} {draw.randint(90, 180)})" fill="none" '
        f'stroke="#fff" stroke-opacity=".55"><circle r="{size}" stroke-width="14" '
        f'stroke-dasharray="{size * 3.1416 / teeth:.2f}"/>'
        f'<circle r="{size - 16}" stroke-width="6"/>'
        f'<circle r="{size // 4}" stroke-width="5"/></g></svg>'
    )
    return Response(200, svg.encode(), "image/svg+xml", {"Cache-Control": "max-age=86400"})
