"""A script every byte of which is known beforehand, and that tells how often it was run.

It plays two recorded streams, piece by piece with pauses; the pieces end anywhere, in the middle of
a line or of a character. ``ran`` gets a line from each execution, so a second one cannot hide.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from db.model.output import Stream
from tests.support.sshd import give

JOB, PARAMETERS = "replay", "folder: text"
SCRIPT = """\
cd "$HOME/$1" || exit 9
echo "$$" >>ran
for piece in *.out; do
    number=${piece%.out}
    cat "$piece"
    cat "$number.err" >&2
    if [ "$number" = "$(cat held-at)" ]; then until [ -e go ]; do sleep 0.05; done; fi
    sleep "$(cat pause)"
done
. ./end
"""
_PIECES = 40


@dataclass(frozen=True, kw_only=True)
class Recording:
    """What a script prints on each stream, and how it ends (*end*: lines of sh)."""

    out: bytes
    err: bytes
    end: str = "exit 0"
    pieces: int = _PIECES
    pause_s: float = 0.05
    #: After which piece it waits until it is told to go on; none: -1
    held_at: int = _PIECES - 5
    seed: int = 0
    result: dict[str, str] = field(default_factory=dict)

    def but(self, **changes: object) -> "Recording":
        """Return another recording, changed."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def put(self, folder: Path, user: str) -> None:
        """Lay it out for the script in the new directory *folder* of the remote *user*."""
        folder.mkdir()
        chance = random.Random(self.seed)  # noqa: S311 - repeatable, and no secret
        for stream, data in ((Stream.OUT, self.out), (Stream.ERR, self.err)):
            for number, piece in enumerate(_cut(data, self.pieces, chance)):
                (folder / f"{number:04}.{stream.value}").write_bytes(piece)
        (folder / "pause").write_text(str(self.pause_s))
        (folder / "held-at").write_text(f"{self.held_at:04}")
        (folder / "end").write_text(self.end + "\n")
        give(folder, user)

    def bytes_of(self, stream: Stream) -> bytes:
        """Return all that it prints on *stream*."""
        return self.out if stream is Stream.OUT else self.err


def recorded(chance: random.Random, *, lines: int = 1500) -> Recording:
    """Return a recording with all that makes output hard: see `_line`."""
    out = [_line(number, chance) for number in range(lines)]
    out.append(f"::result lines={lines}\n".encode())
    err = [_line(number, chance) for number in range(lines // 5)]
    return Recording(
        out=b"".join(out) + b"and no newline at the end",
        err=b"".join(err) + b"\xff\x00 neither here",
        seed=chance.randrange(1 << 30),
        result={"lines": str(lines)},
    )


def _line(number: int, chance: random.Random) -> bytes:
    """Return a line that is like no other, most of them short; some are hard to read."""
    head = f"line {number} ".encode()
    rest = chance.choices(
        [
            b"plain" + b" and more of it" * chance.randrange(12),
            "ação às 10 °C: \N{PILE OF POO}".encode() * chance.randrange(1, 5),
            b"NUL \x00, half a character \xc3, none at all \xff\xfe",
            chance.randbytes(chance.randrange(200)).replace(b"\n", b"").replace(b"\r", b""),
            b"".join(b"\r%d %% of line %d" % (done, number) for done in range(0, 101, 10)),
            b"dos\r",
            b"\r   \r",
            "é".encode() * chance.randrange(8_000, 30_000),
            b"".join(b"\r%d of 4000, line %d" % (n, number) for n in range(4000)),
        ],
        weights=[200, 30, 20, 20, 10, 10, 5, 1, 0.5],
    )[0]
    return head + rest + b"\n" + b"\n" * (chance.random() < 0.02)


def _cut(data: bytes, pieces: int, chance: random.Random) -> Sequence[bytes]:
    cuts = sorted(chance.randrange(len(data) + 1) for _ in range(pieces - 1))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]
