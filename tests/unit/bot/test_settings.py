"""Settings that are wrong are all named; what they hold is told only where it is no secret."""

import pytest

from bot import settings
from db.model.errors import InvalidInput


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ferry:hunter2@db/ferry",
        "ferry:hunter2@db/ferry",
        "mysql://db:hunter2/ferry",
        "mysql ferry hunter2",
        "sqlite://ferry:hunter2@db",
    ],
)
def test_a_wrong_database_url_is_refused_without_its_password(url: str) -> None:
    """The sentence ends in terminals and in logs of service managers."""
    with pytest.raises(InvalidInput) as caught:
        settings.read(database_url=url, slack_bot_token="xoxb-hunter2", http_port="many")

    said = f"{caught.value.message} {caught.value.fields}"
    assert "FERRY_DATABASE_URL" in said
    assert "FERRY_HTTP_PORT" in said
    assert "sqlite:///ferry.db" in said
    assert "hunter2" not in said
