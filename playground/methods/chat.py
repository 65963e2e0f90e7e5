"""The chat methods: post, edit, delete, whisper, link."""

from playground import cast
from playground.blocks import check_message_blocks
from playground.core import Core
from playground.errors import Json, SlackError
from playground.methods.base import Args, Method
from playground.views import with_ids

LONGEST_EDIT = 4000


def content_of(args: Args) -> Json:
    """Return text, blocks and attachments of a message, checked."""
    content: Json = {"text": args.text("text")}
    blocks = args.parsed("blocks")
    if blocks:
        check_message_blocks(blocks)
        content["blocks"] = with_ids(blocks)
    attachments = args.parsed("attachments")
    if attachments:
        content["attachments"] = [
            _attachment(each, index) for index, each in enumerate(attachments)
        ]
    if not any(content.values()):
        raise SlackError("no_text")
    metadata = args.parsed("metadata")
    return content | ({"metadata": metadata} if metadata else {})


def _attachment(attachment: Json, index: int) -> Json:
    numbered = {**attachment, "id": index + 1}
    if attachment.get("blocks"):
        check_message_blocks(attachment["blocks"], f"/attachments/{index}/blocks")
        numbered["blocks"] = with_ids(attachment["blocks"])
    return numbered


def post_message(core: Core, args: Args) -> Json:
    """chat.postMessage."""
    channel = core.workspace.writable(args.required("channel"))
    content = content_of(args)
    thread_ts = args.text("thread_ts")
    if thread_ts and args.flag("reply_broadcast"):
        content["subtype"] = "thread_broadcast"
    message = core.workspace.post(channel["id"], content, user=cast.BOT_USER, thread_ts=thread_ts)
    return {"channel": channel["id"], "ts": message["ts"], "message": message}


def update(core: Core, args: Args) -> Json:
    """chat.update: text alone removes the blocks."""
    channel = _by_id(core, args)
    ts = args.required("ts")
    message = core.workspace.message(channel["id"], ts)
    if message["user"] != cast.BOT_USER or message.get("subtype") == "tombstone":
        raise SlackError("cant_update_message")
    content = content_of(args)
    if len(content["text"]) > LONGEST_EDIT:
        raise SlackError("msg_too_long")
    message = core.workspace.edit(channel["id"], ts, content)
    answer = {"channel": channel["id"], "ts": ts, "text": message["text"]}
    return answer | {"message": message}


def delete(core: Core, args: Args) -> Json:
    """chat.delete: only the bot's own messages."""
    channel = _by_id(core, args)
    ts = args.required("ts")
    if core.workspace.message(channel["id"], ts)["user"] != cast.BOT_USER:
        raise SlackError("cant_delete_message")
    core.workspace.delete(channel["id"], ts)
    return {"channel": channel["id"], "ts": ts}


def post_ephemeral(core: Core, args: Args) -> Json:
    """chat.postEphemeral."""
    channel = core.workspace.writable(args.required("channel"))
    user = args.required("user")
    if user not in core.workspace.members(channel):
        raise SlackError("user_not_in_channel")
    content = content_of(args)
    if thread_ts := args.text("thread_ts"):
        content["thread_ts"] = thread_ts
    message = core.workspace.whisper(channel["id"], user, content)
    return {"message_ts": message["ts"]}


def get_permalink(core: Core, args: Args) -> Json:
    """chat.getPermalink: an address that opens the playground's page at the message."""
    channel = _by_id(core, args)
    ts = args.required("message_ts")
    core.workspace.message(channel["id"], ts)
    return {"channel": channel["id"], "permalink": f"{core.url}/#/{channel['id']}/{ts}"}


def _by_id(core: Core, args: Args) -> Json:
    channel_id = args.required("channel")
    if channel_id not in core.workspace.channels:
        raise SlackError("channel_not_found")
    return core.workspace.channels[channel_id]


WRITE = ("chat:write",)
CHAT = {
    "chat.postMessage": Method(post_message, scopes=WRITE),
    "chat.update": Method(update, tier=3, scopes=WRITE),
    "chat.delete": Method(delete, tier=3, scopes=WRITE),
    "chat.postEphemeral": Method(post_ephemeral, tier=4, scopes=WRITE),
    "chat.getPermalink": Method(get_permalink),
}
