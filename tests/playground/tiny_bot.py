"""A few listeners on the real slack_bolt, to prove the playground with the real SDK."""

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

Payload = dict[str, Any]


def text(words: str) -> Payload:
    """Return a plain text object."""
    return {"type": "plain_text", "text": words}


def option(words: str) -> Payload:
    """Return an option whose value is its text."""
    return {"text": text(words), "value": words}


def run_modal(environment: str = "staging") -> Payload:
    """Return the modal that the tests fill in."""
    job = {"type": "external_select", "action_id": "job", "min_query_length": 0}
    name = {"type": "plain_text_input", "action_id": "name"}
    where: Payload = {"type": "static_select", "action_id": "where"}
    where["options"] = [option("staging"), option("production")]
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": f"runs on *{environment}*"}},
        {"type": "input", "block_id": "job", "label": text("Job"), "element": job},
        {
            "type": "input",
            "block_id": "where",
            "label": text("Where"),
            "element": where,
            "dispatch_action": True,
        },
        {"type": "input", "block_id": "name", "label": text("Sistema"), "element": name},
    ]
    view: Payload = {"type": "modal", "callback_id": "run", "title": text("Run a job")}
    return view | {"submit": text("Run"), "blocks": blocks, "notify_on_close": True}


def card() -> list[Payload]:
    """Return blocks with a plain and a guarded button."""
    sure = {"title": text("Sure?"), "text": text("On production"), "confirm": text("Yes")}
    run: Payload = {"type": "button", "action_id": "go", "text": text("Run on production")}
    run |= {"confirm": sure | {"deny": text("No")}, "value": "7"}
    log = {"type": "button", "action_id": "log", "text": text("Log"), "value": "7"}
    return [{"type": "actions", "block_id": "buttons", "elements": [run, log]}]


def listen(app: AsyncApp) -> None:
    """Register all listeners."""
    app.command("/migrate")(command)
    app.view("run")(submitted)
    app.view_closed("run")(closed)
    app.action("where")(chosen)
    app.options("job")(jobs)
    app.action("go")(go)
    app.action("log")(log)
    app.event("app_home_opened")(home)


async def command(
    ack: AsyncAck, command: Payload, client: AsyncWebClient, respond: AsyncRespond
) -> None:
    """`/migrate run|card|say|later|upload`: a modal, a message, two kinds of answers, a file."""
    word = command["text"]
    channel = command["channel_id"]
    if word == "say":
        await ack("said at once")
        return
    await ack()
    if word == "run":
        await client.views_open(trigger_id=command["trigger_id"], view=run_modal())
    elif word == "card":
        await client.chat_postMessage(channel=channel, text="Run it?", blocks=card())
    elif word == "later":
        await respond("said later")
    elif word == "upload":
        await client.files_upload_v2(channel=channel, filename="run.log", content="line 1\n")


async def submitted(ack: AsyncAck, view: Payload, body: Payload, client: AsyncWebClient) -> None:
    """Refuse one name, greet every other."""
    values = view["state"]["values"]
    name = values["name"]["name"]["value"]
    if name == "bad":
        await ack(response_action="errors", errors={"name": "not that one"})
        return
    await ack()
    job = values["job"]["job"]["selected_option"]["value"]
    words = f"{job} for {name} by <@{body['user']['id']}> succeeded"
    root = await client.chat_postMessage(channel="C0STAGING", text=words)
    await client.chat_postMessage(channel="C0STAGING", text="detail", thread_ts=root["ts"])


async def closed(ack: AsyncAck, body: Payload, client: AsyncWebClient) -> None:
    """Say that somebody closed the modal."""
    await ack()
    await client.chat_postEphemeral(
        channel="C0STAGING", user=body["user"]["id"], text="closed, nothing was run"
    )


async def chosen(ack: AsyncAck, body: Payload, client: AsyncWebClient) -> None:
    """Show the chosen environment in the modal."""
    await ack()
    environment = body["actions"][0]["selected_option"]["value"]
    view = body["view"]
    await client.views_update(view_id=view["id"], hash=view["hash"], view=run_modal(environment))


async def jobs(ack: AsyncAck, body: Payload) -> None:
    """Offer the jobs that contain what was typed."""
    names = ["import-patients", "import-visits"]
    await ack(options=[option(name) for name in names if body["value"] in name])


async def go(ack: AsyncAck, body: Payload, respond: AsyncRespond) -> None:
    """Replace the card by a receipt."""
    await ack()
    await respond(f"confirmed by <@{body['user']['id']}>", replace_original=True)


async def log(ack: AsyncAck, respond: AsyncRespond) -> None:
    """Whisper the log."""
    await ack()
    await respond("the last lines", response_type="ephemeral", replace_original=False)


async def home(event: Payload, client: AsyncWebClient) -> None:
    """Publish a greeting."""
    block = {"type": "section", "text": text("Welcome to Ferry")}
    await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [block]})
