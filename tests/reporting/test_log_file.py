"""The whole log as a file in the thread, or a word why it is not there."""

import gzip
from collections.abc import AsyncIterator

from handlers.log_file import log_file
from playground.server import PlaygroundSlack
from tests.support.rendered import texts_of
from tests.support.reporting import DONE, Channel, Ferry, told_all
from tests.support.waiting import until


async def test_without_permission_to_upload_the_end_says_how_to_see_the_log(
    ferry: Ferry, slack: PlaygroundSlack
) -> None:
    """Nothing is tried that cannot work."""
    staging = Channel(slack)
    execution = await ferry.start()
    await ferry.prints(execution, "one")
    await ferry.finish(execution, DONE)

    async with ferry.reporting(slack, scopes=frozenset({"chat:write"})):
        await until(lambda: staging.replies)
        await told_all(ferry)

    assert slack.workspace.files == {}
    (reply,) = [m for m in slack.workspace.messages["C0STAGING"].values() if m["blocks"][1:]][-1:]
    assert f"/migrate log {execution.id}" in "\n".join(texts_of(reply))


async def test_run_without_output_has_no_file(ferry: Ferry, slack: PlaygroundSlack) -> None:
    """Slack refuses empty files."""
    execution = await ferry.start()
    await ferry.finish(execution, DONE)

    async with ferry.reporting(slack):
        await until(lambda: Channel(slack).replies)
        await told_all(ferry)

    assert slack.control.calls("files.getUploadURLExternal") == []


async def test_refused_upload_is_said_once(ferry: Ferry, slack: PlaygroundSlack) -> None:
    """And how to see the log instead; the card is as true as ever."""
    staging = Channel(slack)
    fault = {"method": "files.getUploadURLExternal", "status": 200}
    await slack.control.faults(fault | {"error": "file_uploads_disabled", "seconds": 60})
    execution = await ferry.start()
    await ferry.prints(execution, "one")
    await ferry.finish(execution, DONE)

    async with ferry.reporting(slack):
        await until(lambda: len(staging.replies) == 2)
        await told_all(ferry)

    assert "could not be attached: Uploads are switched off" in staging.replies[1]
    assert staging.shows("Succeeded")


async def lines_of(count: int) -> AsyncIterator[str]:
    """Yield a log of that many pieces of a megabyte."""
    for n in range(count):
        yield f"{n:07}\n" * (1024 * 128)


async def test_large_log_is_compressed() -> None:
    """Above 20 MB."""
    async with log_file("run", lines_of(1)) as small, log_file("run", lines_of(21)) as large:
        content = b"".join([piece async for piece in large.pieces()])
        again = b"".join([piece async for piece in large.pieces()])

    assert (small.name, small.size) == ("run.log", 2**20)
    assert large.name == "run.log.gz"
    assert large.size == len(content) < 2**20
    assert content == again
    assert gzip.decompress(content).endswith(b"0000020\n")


async def test_log_keeps_what_is_no_unicode() -> None:
    """A lone surrogate is written out, not a crash."""

    async def text() -> AsyncIterator[str]:
        yield "a\ud800b\n"

    async with log_file("run", text()) as file:
        content = b"".join([piece async for piece in file.pieces()])

    assert content == b"a\\ud800b\n"
