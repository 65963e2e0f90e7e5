"""What will run is measured exactly, with whatever tools a host has, and nothing else happens."""

import asyncio
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from db.model.categories import Category
from db.model.errors import AttemptError
from executor.ssh.pool import Hosts
from tests.support.looks import Looker, check, plan, put, tools
from tests.support.proxy import Proxy
from tests.support.remote import eventually, target_to
from tests.support.sshd import Sshd, free_port

TEXT = "echo what runs\n"
SHA256 = hashlib.sha256(TEXT.encode()).hexdigest()
OnPath = Callable[[str], Looker]


@pytest.fixture
def script(sshd: Sshd) -> Path:
    """Put the script into its place."""
    return put(sshd, "scripts/import.js", TEXT)


@pytest.fixture
def looker(hosts: Hosts, sshd: Sshd, script: Path) -> Looker:
    """Look at the usual server."""
    del script
    return Looker(hosts, target_to(sshd.host))


@pytest.fixture
def server_with(sshd: Sshd) -> Iterator[Callable[..., Sshd]]:
    """Return a maker of servers that have the smallest set of tools and the named ones."""
    servers: list[Sshd] = []

    def make(*names: str, options: str = "") -> Sshd:
        path = tools(sshd.make_home("tools"), *names)
        servers.append(sshd.variant(environment={"PATH": path}, options=options))
        servers[-1].start()
        return servers[-1]

    yield make
    for server in servers:
        server.stop()


async def refusal(looker: Looker, **changes: str) -> AttemptError:
    """Return why a plan cannot be measured."""
    with pytest.raises(AttemptError) as caught:
        await looker.measure(plan(**changes))
    return caught.value


@pytest.mark.parametrize(
    "names", [("sha256sum",), ("shasum", "perl"), ("openssl",), ("python3",), ("perl",), ()]
)
async def test_hash_is_the_same_whatever_makes_it(
    hosts: Hosts, script: Path, server_with: Callable[..., Sshd], names: tuple[str, ...]
) -> None:
    """The tools of Linux, macOS and old hosts; with none of them the file is read over SFTP."""
    del script
    missing = [name for name in names if not shutil.which(name, path="/usr/bin:/bin")]
    if missing:
        pytest.skip(f"There is no {missing[0]} here.")
    options = "Subsystem sftp internal-sftp" if not names else ""
    looker = Looker(hosts, target_to(server_with(*names, options=options).host))

    found = await looker.look(plan())

    assert (await looker.measure(plan())).sha256 == SHA256
    assert check(found, "script")[1].endswith(f", sha256 {SHA256[:12]}…")


async def test_tool_that_is_broken_is_passed_over(
    hosts: Hosts, sshd: Sshd, script: Path, server_with: Callable[..., Sshd]
) -> None:
    """A hash that is none, or of no file at all, is not believed."""
    del script
    server = server_with("openssl")
    broken = Path(server.host.environment["PATH"]) / "sha256sum"
    broken.write_text("#!/bin/sh\necho d41d8cd98f00b204e9800998ecf8427e\n")
    broken.chmod(0o755)

    measured = await Looker(hosts, target_to(server.host)).measure(plan())

    assert measured.sha256 == SHA256
    assert sshd.host.home == server.host.home


async def test_host_that_can_make_no_hash(
    hosts: Hosts, script: Path, server_with: Callable[..., Sshd]
) -> None:
    """Neither a tool nor SFTP: told with what to install."""
    del script
    looker = Looker(hosts, target_to(server_with().host))

    error = await refusal(looker)
    found = await looker.look(plan())

    assert (error.category, error.retry_safe) == (Category.COMMAND_NOT_FOUND, True)
    assert "can make a SHA-256, and it does not serve SFTP" in error.message
    assert check(found, "script") == ("failed", f"{error.message} {error.hint}")


async def test_large_script_over_sftp_freezes_nothing(
    hosts: Hosts, sshd: Sshd, server_with: Callable[..., Sshd]
) -> None:
    """While it is read here, everything else goes on."""
    put(sshd, "scripts/large.bin", "")
    with (sshd.host.home / "scripts/large.bin").open("r+b") as file:
        file.truncate(50_000_000)
    looker = Looker(hosts, target_to(server_with(options="Subsystem sftp internal-sftp").host))
    loop = asyncio.get_running_loop()
    beats = [loop.time()]

    async def beat() -> None:
        while True:
            await asyncio.sleep(0.01)
            beats.append(loop.time())

    heart = asyncio.create_task(beat())
    measured = await looker.measure(plan(script="~/scripts/large.bin"))
    heart.cancel()

    pauses = [later - earlier for earlier, later in pairwise(beats)]
    assert measured.sha256 == hashlib.sha256(bytes(50_000_000)).hexdigest()
    assert len(beats) > 10
    assert max(pauses) < 0.5


@pytest.mark.parametrize(
    ("name", "category", "words"),
    [
        ("folder", Category.SCRIPT_NOT_FOUND, "folder on 127.0.0.1 is a directory."),
        ("missing", Category.SCRIPT_NOT_FOUND, "There is no file ~/kinds/missing on"),
        ("dangling", Category.SCRIPT_NOT_FOUND, "is a symbolic link to ../gone\\x1b[1m, where"),
        ("pipe", Category.SCRIPT_NOT_FOUND, "is neither a file nor a link to one."),
        ("closed", Category.COMMAND_NOT_EXECUTABLE, "may not read ~/kinds/closed on"),
        ("data", Category.COMMAND_NOT_EXECUTABLE, "may not execute ~/kinds/data on"),
        ("loop", Category.SCRIPT_NOT_FOUND, "is a symbolic link to loop, where"),
    ],
)
async def test_script_that_cannot_run_is_told(
    hosts: Hosts, shell_server: Sshd, name: str, category: Category, words: str
) -> None:
    """The same sentence before a start and on the card, in every shell."""
    _make_kinds(shell_server)
    looker = Looker(hosts, target_to(shell_server.host))
    interpreter = "" if name == "data" else "sh"
    changes = {"script": f"~/kinds/{name}", "directory": "~/kinds", "interpreter": interpreter}

    error = await refusal(looker, **changes)
    found = await looker.look(plan(**changes))

    assert (error.category, error.retry_safe) == (category, True)
    assert words in error.message
    assert check(found, "script") == ("failed", f"{error.message} {error.hint}")
    assert check(found, "directory")[0] == "good"
    assert check(found, "by hand") == ("unseen", "the script is not there")
    assert found.measured is None


def _make_kinds(server: Sshd) -> None:
    folder = server.host.home / "kinds"
    if folder.exists():
        return
    put(server, "kinds/folder/x")
    os.mkfifo(folder / "pipe")
    (folder / "dangling").symlink_to("../gone\x1b[1m")
    (folder / "loop").symlink_to("loop")
    put(server, "kinds/closed", mode=0)
    put(server, "kinds/data")


@pytest.mark.parametrize("link", ["current", "current.js"])
async def test_link_that_moves_is_seen(sshd: Sshd, looker: Looker, link: str) -> None:
    """The second measurement has the other path and the other hash."""
    place = sshd.host.home / link
    of = plan(script=f"~/{link}" if link == "current.js" else "~/current/import.js", directory="~")
    seen = []

    for number in ("1", "2"):
        file = put(sshd, f"releases/{number}/import.js", f"echo {number}\n")
        place.unlink(missing_ok=True)
        place.symlink_to(file if link == "current.js" else file.parent)
        seen.append(await looker.measure(of))

    for number, measured in zip(("1", "2"), seen, strict=True):
        assert measured.script.endswith(f"/releases/{number}/import.js")
        assert measured.sha256 == hashlib.sha256(f"echo {number}\n".encode()).hexdigest()


async def test_line_break_at_the_end_of_a_name_is_part_of_it(
    hosts: Hosts, shell_server: Sshd
) -> None:
    """A link to such a file is not taken for the harmless one whose name only lacks the break."""
    put(shell_server, "breaks/run.sh", "echo harmless\n")
    put(shell_server, "breaks/run.sh\n", "echo harm\n")
    link = shell_server.host.home / "breaks/link.sh"
    if not link.is_symlink():
        link.symlink_to("run.sh\n")
    looker = Looker(hosts, target_to(shell_server.host))

    measured = await looker.measure(plan(script="~/breaks/link.sh", directory="~/breaks"))

    assert measured.sha256 == hashlib.sha256(b"echo harm\n").hexdigest()
    assert measured.size == len("echo harm\n")


async def test_link_with_another_name_is_told(sshd: Sshd, looker: Looker) -> None:
    """A person sees where it really lies."""
    real = put(sshd, "releases/1/import-v1.js")
    link = sshd.host.home / "latest.js"
    link.symlink_to(real)

    found = await looker.look(plan(script="~/latest.js", directory="~"))

    assert check(found, "script")[1].startswith(f"latest.js → {real.resolve()}, 11 bytes, ")


async def test_size_and_time_are_those_of_the_file(script: Path, looker: Looker) -> None:
    """The time in UTC, to the second."""
    os.utime(script, (1_773_500_966, 1_773_500_966))

    measured = await looker.measure(plan())
    found = await looker.look(plan())

    assert (measured.size, measured.modified_at) == (len(TEXT), "2026-03-14T15:09:26Z")
    assert " days ago, sha256 " in check(found, "script")[1]


@pytest.mark.parametrize("setup", ["first", "second"])
async def test_interpreter_is_the_one_that_the_path_finds(
    sshd: Sshd, looker: Looker, setup: str
) -> None:
    """As ``exec`` looks it up: in order, and only what may be executed."""
    put(sshd, "first/tool", "#!/bin/sh\necho first\n", mode=0o755)
    put(sshd, "second/tool", "#!/bin/sh\necho second\n", mode=0o755)
    put(sshd, "none/tool", "no program")
    home = sshd.host.home
    other = "second" if setup == "first" else "first"
    path = f"{home}/none:{home}/{setup}:{home}/{other}:/usr/bin"

    measured = await looker.measure(plan(interpreter="tool"), path)
    found = await looker.look(plan(interpreter="tool"), setup=path)

    expected = (f"{home}/{setup}/tool", setup)
    assert (measured.interpreter, measured.interpreter_version) == expected
    assert found.measured == measured


async def test_interpreter_that_hangs_is_not_measured(sshd: Sshd, looker: Looker) -> None:
    """A version that is told today and not tomorrow would void a confirmation for nothing."""
    put(sshd, "bin/hangs", "#!/bin/sh\nsleep 60\n", mode=0o755)

    error = await refusal(looker, interpreter="~/bin/hangs")

    assert (error.category, error.retry_safe) == (Category.COMMAND_NOT_EXECUTABLE, True)
    assert "`~/bin/hangs --version` on 127.0.0.1 takes too long" in error.message


@pytest.mark.parametrize("names", [("realpath",), ("perl",), ("python3",)])
async def test_links_are_followed_without_readlink(
    hosts: Hosts, sshd: Sshd, server_with: Callable[..., Sshd], names: tuple[str, ...]
) -> None:
    """Whatever else can do it."""
    real = put(sshd, "releases/3/import.js", TEXT)
    link = sshd.host.home / f"by-{names[0]}.js"
    link.symlink_to(real)
    server = server_with("sha256sum", *names)
    (Path(server.host.environment["PATH"]) / "readlink").unlink()

    measured = await Looker(hosts, target_to(server.host)).measure(
        plan(script=f"~/{link.name}", directory="~")
    )

    assert (measured.script, measured.sha256) == (str(real.resolve()), SHA256)


async def test_missing_interpreter_and_directory_are_refused(looker: Looker) -> None:
    """Each with the category that the run itself would end with."""
    no_program = await refusal(looker, interpreter="node99")
    no_directory = await refusal(looker, directory="~/nowhere")

    assert no_program.category is Category.COMMAND_NOT_FOUND
    assert no_directory.category is Category.DIRECTORY_NOT_FOUND
    assert no_program.retry_safe
    assert no_directory.retry_safe


async def test_host_that_is_down_may_be_tried_again(hosts: Hosts, sshd: Sshd) -> None:
    """Nothing can have started."""
    error = await refusal(Looker(hosts, target_to(sshd.host, port=free_port())))

    assert (error.category, error.retry_safe) == (Category.CONNECTION_ERROR, True)


async def test_line_that_is_lost_may_be_tried_again(hosts: Hosts, sshd: Sshd) -> None:
    """Also in the middle: looking starts nothing."""
    put(sshd, "bin/slow", '#!/bin/sh\n>"$HOME/begun"\nsleep 5\n', mode=0o755)
    async with Proxy(sshd.host.port) as proxy:
        looker = Looker(hosts, target_to(sshd.host, port=proxy.port))
        measuring = asyncio.create_task(refusal(looker, interpreter="~/bin/slow"))
        begun = partial(asyncio.to_thread, (sshd.host.home / "begun").exists)
        await eventually(begun, lambda there: there)
        proxy.refuses = True
        proxy.cut()

        error = await measuring

    assert (error.category, error.retry_safe) == (Category.CONNECTION_ERROR, True)


def test_look_says_nothing_to_a_shell_that_could_misread_it() -> None:
    """What is on the host's side reads well in the strictest of the shells."""
    text = Path(__file__).parents[2] / "executor/ssh/look.sh"

    for shell in ("dash", "bash", "busybox sh"):
        program = shutil.which(shell.split()[0])
        if program is not None:
            words = [program, *shell.split()[1:], "-n", str(text)]
            assert subprocess.run(words, capture_output=True, check=False).stderr == b""
