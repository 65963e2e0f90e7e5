"""The two ways in which the playground says no: to the bot, and to a person."""

from typing import Any

Json = dict[str, Any]


class SlackError(Exception):
    """The Web API refuses a call, in Slack's own words.

    *messages* are the sentences of ``response_metadata``; *extra* goes into the answer as it is.
    """

    def __init__(self, error: str, *messages: str, **extra: Any) -> None:
        super().__init__(error)
        self.error = error
        self.messages = messages
        self.extra = extra

    def body(self) -> Json:
        """Return the answer that Slack would give."""
        body: Json = {"ok": False, "error": self.error, **self.extra}
        if self.messages:
            body["errors"] = list(self.messages)
            body["response_metadata"] = {"messages": [f"[ERROR] {text}" for text in self.messages]}
        return body


class Refused(Exception):
    """A person's act cannot be done; the message is the sentence that the page shows."""
