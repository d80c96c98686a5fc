"""Bookmarks that send what a page shows to the import: they run on that page and open ours, which
asks before it imports anything.
"""

import json
from dataclasses import dataclass
from urllib.parse import quote

from django.utils.translation import gettext as _

# 6 kB: what every server and proxy takes. The others follow behind the #, which only our page reads
IDS_IN_ADDRESS = 500

_OPEN = "open(a)||(location.href=a)"
_THIS_VIDEO = "let a={page}+'?url='+encodeURIComponent(location.href);" + _OPEN
# The links and players of the page in their order, also those a script made, such as an open
# playlist; each video once.
_ALL_VIDEOS = (
    "const s=new Set();"
    "for(const e of document.querySelectorAll('a[href],iframe[src]')){"
    "let u;try{u=new URL(e.href||e.src)}catch{continue}"
    "const p=u.pathname.split('/'),"
    "i=u.hostname=='youtu.be'?p[1]:/(^|\\.)youtube(-nocookie)?\\.com$/.test(u.hostname)&&"
    "(u.searchParams.get('v')||/^(shorts|embed|live|v)$/.test(p[1])&&p[2]);"
    "if(/^[\\w-]{11}$/.test(i)&&i!='videoseries'&&i!='live_stream')s.add(i)}"
    "if(!s.size)alert({none});"
    "else{const n=[...s],r=n.slice({most});"
    "let a={page}+'?v='+n.slice(0,{most})+(r.length?'#v='+r:'');" + _OPEN + "}"
)


@dataclass(frozen=True)
class Bookmarklet:
    """`href` is the script as the address of a bookmark."""

    name: str
    explanation: str
    href: str


def bookmarklets_for(page: str) -> tuple[Bookmarklet, ...]:
    """Those that open `page`, the full address of the import page."""
    return (
        Bookmarklet(
            _("Collect this video"),
            _("Sends the video you are watching."),
            _script(_THIS_VIDEO, page),
        ),
        Bookmarklet(
            _("Collect all videos"),
            _("Sends every video a page links to, on any site; on YouTube also an open playlist."),
            _script(_ALL_VIDEOS, page),
        ),
    )


def _script(code: str, page: str) -> str:
    said = {
        "page": page,
        "none": _("There are no links to videos on this page."),
        "most": IDS_IN_ADDRESS,
    }
    for name, value in said.items():
        code = code.replace(f"{{{name}}}", json.dumps(value))
    return "javascript:" + quote(f"(()=>{{{code}}})()", safe="()*'!,;:=?/.")
