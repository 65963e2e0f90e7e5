"""files.*: the three steps of an upload; sharing happens a moment after the answer, as in Slack."""

import secrets
from typing import Any

from playground import cast
from playground.core import Core
from playground.errors import Json, SlackError
from playground.methods.base import Args, Method

MIME_TYPES = {"log": "text/plain", "txt": "text/plain", "png": "image/png"}
SHARED_AFTER_S = 0.05
BIGGEST_SNIPPET = 1_000_000


def get_upload_url(core: Core, args: Args) -> Json:
    """files.getUploadURLExternal: an empty file is refused."""
    name, length = args.text("filename"), args.text("length")
    if not name or not length.isdigit() or int(length) == 0:
        raise SlackError("missing_argument")
    if args.text("snippet_type") and int(length) > BIGGEST_SNIPPET:
        raise SlackError("snippet_too_large")
    file_id = "F" + secrets.token_hex(5).upper()
    core.workspace.files[file_id] = {
        "id": file_id,
        "name": name,
        "title": name,
        "size": int(length),
        "mimetype": MIME_TYPES.get(name.rpartition(".")[2], "application/octet-stream"),
        "user": cast.BOT_USER,
        "url": f"/page/file/{file_id}",
        "permalink": f"{core.url}/page/file/{file_id}",
        "shares": {},
    }
    return {"upload_url": f"{core.url}/upload/{file_id}", "file_id": file_id}


def complete_upload(core: Core, args: Args) -> Json:
    """files.completeUploadExternal: shares the files in one message."""
    files = [_uploaded(core, wish) for wish in args.parsed("files") or []]
    if not files:
        raise SlackError("invalid_arguments", "files is required [json-pointer:/files]")
    names = args.text("channel_id") or args.text("channels")
    channels = [core.workspace.channel(name) for name in names.split(",") if name]
    if any(not channel["is_member"] for channel in channels):
        raise SlackError("not_in_channel")
    thread_ts, comment = args.text("thread_ts"), args.text("initial_comment")
    for channel in channels:
        if thread_ts and thread_ts not in core.workspace.messages[channel["id"]]:
            raise SlackError("invalid_thread_ts")
        core.later(SHARED_AFTER_S, Share(core, channel["id"], files, comment, thread_ts))
    return {"files": [dict(file) for file in files]}


class Share:
    """The message that shows uploaded files, posted when it is called."""

    def __init__(self, core: Core, channel: str, files: list[Json], comment: str, ts: str) -> None:
        self._core, self._channel, self._thread_ts = core, channel, ts
        self._content: dict[str, Any] = {"text": comment, "files": files, "upload": True}

    def __call__(self) -> None:
        """Post it, unless its thread is gone meanwhile."""
        workspace = self._core.workspace
        if self._thread_ts and self._thread_ts not in workspace.messages[self._channel]:
            return
        message = workspace.post(
            self._channel, self._content, user=cast.BOT_USER, thread_ts=self._thread_ts
        )
        for file in self._content["files"]:
            place = {"ts": message["ts"], "thread_ts": self._thread_ts}
            file["shares"] = {"public": {self._channel: [place]}}
            self._core.feed.publish({"type": "file", "file": file})


def delete(core: Core, args: Args) -> Json:
    """files.delete: only the bot's own; a message that showed nothing else goes with it."""
    file_id = args.required("file")
    file = core.workspace.files.pop(file_id, None)
    if file is None:
        raise SlackError("file_not_found")
    core.workspace.contents.pop(file_id, None)
    for channel, messages in core.workspace.messages.items():
        for ts, message in list(messages.items()):
            kept = [each for each in message.get("files", ()) if each["id"] != file_id]
            if len(kept) == len(message.get("files", ())):
                continue
            if kept or message["text"]:
                message["files"] = kept
                core.workspace.touch(channel, ts)
            else:
                core.workspace.delete(channel, ts)
    return {}


def info(core: Core, args: Args) -> Json:
    """files.info."""
    file = core.workspace.files.get(args.required("file"))
    if file is None:
        raise SlackError("file_not_found")
    return {"file": file}


def _uploaded(core: Core, wish: Json) -> Json:
    file = core.workspace.files.get(wish.get("id", ""))
    if file is None or file["id"] not in core.workspace.contents:
        raise SlackError("file_not_found")
    file["title"] = wish.get("title") or file["name"]
    return file


FILES = {
    "files.getUploadURLExternal": Method(get_upload_url, tier=4, scopes=("files:write",)),
    "files.completeUploadExternal": Method(complete_upload, tier=4, scopes=("files:write",)),
    "files.delete": Method(delete, tier=3, scopes=("files:write",)),
    "files.info": Method(info, tier=4, scopes=("files:read",)),
}
