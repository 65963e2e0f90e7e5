"""views.*: open, push, update, publish."""

from playground.core import Core
from playground.errors import Json, SlackError
from playground.methods.base import Args, Method


def open_view(core: Core, args: Args) -> Json:
    """views.open."""
    trigger = core.permits.exchange(_trigger_id(args))
    return {"view": core.views.open(trigger, args.parsed("view"))}


def push(core: Core, args: Args) -> Json:
    """views.push: only from within an open modal."""
    trigger = core.permits.exchange(_trigger_id(args))
    if trigger.view_id not in [view["id"] for view in core.views.open_views(trigger.user)]:
        raise SlackError("invalid_trigger_id")
    return {"view": core.views.push(trigger.user, args.parsed("view"))}


def update(core: Core, args: Args) -> Json:
    """views.update, by view_id or external_id."""
    view_id, external_id = args.text("view_id"), args.text("external_id")
    if not view_id and not external_id:
        raise SlackError("invalid_arguments", "view_id or external_id is required")
    for home in core.views.homes.values():
        if home["id"] == view_id:
            raise SlackError("invalid_arguments", "a Home tab is changed by views.publish")
    shown = core.views.find(view_id, external_id)
    return {"view": core.views.update(shown, args.parsed("view"), known_hash=args.text("hash"))}


def publish(core: Core, args: Args) -> Json:
    """views.publish."""
    user = core.workspace.user(args.required("user_id"))
    view = core.views.publish(user["id"], args.parsed("view"), known_hash=args.text("hash"))
    return {"view": view}


def _trigger_id(args: Args) -> str:
    return args.text("trigger_id") or args.required("interactivity_pointer")


VIEWS = {
    "views.open": Method(open_view, tier=4),
    "views.push": Method(push, tier=4),
    "views.update": Method(update, tier=4),
    "views.publish": Method(publish, tier=4),
}
