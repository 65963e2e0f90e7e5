"""Who may talk to the playground: programs of this machine, and its own page.

Without this, any web page that somebody has open could type commands as anybody here, and those
run for real on the sample host.
"""

from aiohttp import web
from aiohttp.typedefs import Handler

LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")
OTHER_SITES = ("cross-site", "same-site")  # the latter: another port of this machine


@web.middleware
async def no_strangers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what another site's page sends, also when its name resolves to this machine."""
    origin = request.headers.get("Origin")
    is_local = request.host.rsplit(":", 1)[0] in LOCAL_NAMES
    # A link to the page is welcome; the address of a picture has no Origin, and may call nothing.
    is_foreign = request.headers.get("Sec-Fetch-Site") in OTHER_SITES and request.path != "/"
    if not is_local or is_foreign or origin not in (None, f"http://{request.host}"):
        raise web.HTTPForbidden(text="Only this machine and the playground's own page may do that.")
    return await handler(request)
