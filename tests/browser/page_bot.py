"""A small bot on the real slack_bolt that shows the page everything it must be able to show."""

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

Payload = dict[str, Any]

HOSTILE = "<img src=x onerror=document.title='stolen'>"


def text(words: str) -> Payload:
    """Return a plain text object."""
    return {"type": "plain_text", "text": words, "emoji": True}


def mrkdwn(words: str) -> Payload:
    """Return a text object with marks."""
    return {"type": "mrkdwn", "text": words}


def option(words: str) -> Payload:
    """Return an option whose value is its text."""
    return {"text": text(words), "value": words}


def button(words: str, action_id: str, **more: Any) -> Payload:
    """Return a button."""
    return {"type": "button", "action_id": action_id, "text": text(words), "value": "1"} | more


def field(label: str, block_id: str, kind: str, *, optional: bool = False, **more: Any) -> Payload:
    """Return an input block of one element; its action is called ``v``."""
    element = {"type": kind, "action_id": "v"} | more
    shape: Payload = {"type": "input", "block_id": block_id, "label": text(label)}
    return shape | {"element": element, "optional": optional}


def form(environment: str = "staging") -> Payload:
    """Return a modal with a searched select, one that changes the modal, a text and a number."""
    where = field("Where", "where", "static_select", options=[option("staging"), option("prod")])
    blocks = [
        {"type": "section", "block_id": "now", "text": mrkdwn(f"runs on *{environment}*")},
        field("Job", "job", "external_select", min_query_length=0),
        where | {"dispatch_action": True},
        field("Sistema", "sistema", "plain_text_input") | {"hint": text("For example iclinic")},
        field("Batch size", "size", "number_input", is_decimal_allowed=False, optional=True),
    ]
    view: Payload = {"type": "modal", "callback_id": "form", "title": text("Run a job")}
    return view | {"submit": text("Run"), "close": text("Cancel"), "blocks": blocks}


def question() -> list[Payload]:
    """Return a card with a button that asks first."""
    sure = {"title": text("Run on production?"), "text": mrkdwn("It changes *production*.")}
    sure |= {"confirm": text("Run it"), "deny": text("Not now")}
    run = button("Run on production", "run", style="primary", confirm=sure)
    return [{"type": "actions", "block_id": "q", "elements": [run, button("Discard", "discard")]}]


def rich() -> Payload:
    """Return a rich_text block with every part and leaf that bots use."""
    bold = {"type": "text", "text": "bold", "style": {"bold": True}}
    line = {"type": "rich_text_section", "elements": [bold, {"type": "emoji", "name": "tada"}]}
    who = [{"type": "user", "user_id": "U0ANA"}, {"type": "channel", "channel_id": "C0PROD"}]
    item = {"type": "rich_text_section", "elements": [*who, {"type": "text", "text": HOSTILE}]}
    return {
        "type": "rich_text",
        "elements": [
            line,
            {"type": "rich_text_list", "style": "bullet", "elements": [item]},
            {"type": "rich_text_quote", "elements": [{"type": "text", "text": "quoted"}]},
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "$ ls\n-l"}]},
        ],
    }


def gallery() -> list[Payload]:
    """Return one message with every block and element that fits into one."""
    options = [option("one"), option("two")]
    menu = {"type": "overflow", "action_id": "o", "options": options}
    raw = [[{"type": "raw_text", "text": words} for words in row] for row in ("ab", "cd")]
    picks = [
        {"type": kind, "action_id": kind}
        for kind in ("users_select", "conversations_select", "channels_select", "datepicker")
    ]
    pick = {"type": "static_select", "action_id": "s", "options": options}
    radio = {"type": "radio_buttons", "action_id": "r", "options": options}
    boxes = {"type": "checkboxes", "action_id": "c", "options": options}
    many = {"type": "multi_static_select", "action_id": "m", "options": options}
    elements = [button("Go", "g", style="danger"), *picks, pick, radio, boxes]
    return [
        {"type": "header", "text": text(":rocket: Gallery")},
        {
            "type": "section",
            "text": mrkdwn("*b* _i_ ~s~ `c` <@U0ANA> &lt;x&gt;"),
            "accessory": menu,
        },
        {"type": "section", "fields": [mrkdwn("*left*\none"), mrkdwn("*right*\ntwo")]},
        {"type": "section", "text": mrkdwn("> quote\n```code```"), "accessory": many},
        {"type": "divider"},
        {"type": "context", "elements": [mrkdwn("small print <https://example.com|link>")]},
        {"type": "actions", "elements": elements},
        {"type": "table", "rows": raw},
        rich(),
    ]


def listen(app: AsyncApp) -> None:
    """Register all listeners."""
    app.command("/migrate")(command)
    app.view("form")(submitted)
    app.action({"block_id": "where"})(chosen)
    app.options("v")(jobs)
    app.action("run")(confirmed)
    app.event("app_home_opened")(home)


async def command(ack: AsyncAck, command: Payload, client: AsyncWebClient) -> None:
    """`/migrate form|ask|whisper|file|gallery`."""
    word, channel = command["text"], command["channel_id"]
    await ack("only you see this" if word == "whisper" else "")
    if word == "form":
        await client.views_open(trigger_id=command["trigger_id"], view=form())
    elif word == "ask":
        await client.chat_postMessage(channel=channel, text="Run it?", blocks=question())
    elif word == "file":
        await client.files_upload_v2(channel=channel, filename="run.log", content="line 1\nline 2")
    elif word == "gallery":
        beside = {"type": "section", "text": mrkdwn("beside a bar")}
        bar = [{"color": "#e01e5a", "blocks": [beside]}]
        await client.chat_postMessage(
            channel=channel, text="Gallery", blocks=gallery(), attachments=bar
        )


async def submitted(ack: AsyncAck, view: Payload, client: AsyncWebClient) -> None:
    """Refuse one system, answer one in the modal, report every other with a thread."""
    values = view["state"]["values"]
    sistema = values["sistema"]["v"]["value"]
    if sistema == "bad":
        await ack(response_action="errors", errors={"sistema": "There is no system “bad”."})
        return
    if sistema == "receipt":
        said = [{"type": "section", "text": mrkdwn("It is there now.")}]
        note = {"type": "modal", "callback_id": "note", "title": text("Created"), "blocks": said}
        await ack(response_action="update", view=note)
        return
    await ack()
    words = f"{values['job']['v']['selected_option']['value']} for {sistema} succeeded"
    root = await client.chat_postMessage(channel="C0STAGING", text=words)
    await client.chat_postMessage(channel="C0STAGING", text="the detail", thread_ts=root["ts"])


async def chosen(ack: AsyncAck, body: Payload, client: AsyncWebClient) -> None:
    """Show the chosen environment in the modal."""
    await ack()
    environment = body["actions"][0]["selected_option"]["value"]
    await client.views_update(view_id=body["view"]["id"], view=form(environment))


async def jobs(ack: AsyncAck, body: Payload) -> None:
    """Offer the jobs that contain what was typed."""
    names = ["import-patients", "import-visits"]
    await ack(options=[option(name) for name in names if body["value"] in name])


async def confirmed(ack: AsyncAck, body: Payload, respond: AsyncRespond) -> None:
    """Replace the question by a receipt."""
    await ack()
    await respond(f"confirmed by <@{body['user']['id']}>", replace_original=True)


async def home(event: Payload, client: AsyncWebClient) -> None:
    """Publish a greeting."""
    greeting = {"type": "section", "text": mrkdwn(f"Welcome, <@{event['user']}>")}
    await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [greeting]})
