"""usergroups.*: which groups there are, and who is in them."""

from playground.core import Core
from playground.errors import Json, SlackError
from playground.methods.base import Args, Method


def list_groups(core: Core, args: Args) -> Json:
    """usergroups.list: disabled groups and members only on demand."""
    groups = [
        _shown(group, args)
        for group in core.workspace.usergroups.values()
        if args.flag("include_disabled") or not group["date_delete"]
    ]
    return {"usergroups": groups}


def list_users(core: Core, args: Args) -> Json:
    """usergroups.users.list: a disabled group has no members, unless it is asked for so."""
    group = core.workspace.usergroups.get(args.required("usergroup"))
    if group is None:
        raise SlackError("no_such_subteam")
    is_shown = args.flag("include_disabled") or not group["date_delete"]
    return {"users": group["users"] if is_shown else []}


def _shown(group: Json, args: Args) -> Json:
    shown = {key: value for key, value in group.items() if key != "users"}
    if args.flag("include_count"):
        shown["user_count"] = len(group["users"])
    if args.flag("include_users"):
        shown["users"] = group["users"]
    return shown


READ = ("usergroups:read",)
USERGROUPS = {
    "usergroups.list": Method(list_groups, tier=2, scopes=READ),
    "usergroups.users.list": Method(list_users, tier=2, scopes=READ),
}
