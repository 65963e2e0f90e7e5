"""Who may talk to the playground: programs of this machine, and its own page.

Without this, any web page that somebody has open could type commands as anybody here, and those
run for real on the sample host.
"""

from aiohttp import web
from aiohttp.typedefs import Handler

LOCAL_NAMES = ("127.0.0.1", "localhost", "[::1]")


@web.middleware
async def no_strangers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what another site's page sends, also when its name resolves to this machine."""
    origin = request.headers.get("Origin")
    is_local = request.host.rsplit(":", 1)[0] in LOCAL_NAMES
    if not is_local or origin not in (None, f"http://{request.host}"):
        raise web.HTTPForbidden(text="Only this machine and the playground's own page may do that.")
    return await handler(request)
