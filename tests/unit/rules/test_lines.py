import itertools
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from executor.rules.lines import CONTINUES, LIMIT, Splitter

# Long runs are made of few distinct bytes, so that hypothesis reaches lines beyond the limit.
_RUN = st.builds(
    lambda unit, times: unit * times,
    st.sampled_from(
        [b"x", b"\xc3\xa9", b"\xe2\x82\xac", b"\xf0\x9f\x99\x82", b"\xff", b"\x80", b"\r5%"]
    ),
    st.sampled_from([1, 2, 5, LIMIT // 2, LIMIT - 1, LIMIT, LIMIT + 1, 3 * LIMIT]),
)
STREAMS = st.lists(
    st.one_of(_RUN, st.binary(max_size=20), st.sampled_from([b"\n", b"\r\n", b"\n\n", b"\r"])),
    max_size=10,
).map(b"".join)


def texts(data: bytes, offset: int = 0) -> list[str]:
    """Return the lines of *data* fed at once, from *offset* on."""
    splitter = Splitter(offset)
    return splitter.feed(data[offset:]) + splitter.finish()


def parts(data: bytes, sizes: list[int]) -> list[bytes]:
    """Return *data* cut into parts of *sizes*, and the rest."""
    cuts = [0, *itertools.accumulate(sizes)]
    return [data[start:end] for start, end in itertools.pairwise([*cuts, None])]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"one\ntwo\n", ["one", "two"]),
        (b"one\n\nlast", ["one", "", "last"]),
        (b"one\r\ntwo\r\n", ["one", "two"]),
        (b"10%\r50%\r100%\n", ["100%"]),
        (b"50%\r   \r\n", ["50%"]),
        (b"\r\r\n", [""]),
        (b"half\r", ["half"]),
        (b"ol\xe1\n", ["ol\\xe1"]),
        (b"cut \xe2\x82\nnext\n", ["cut \\xe2\\x82", "next"]),
        ("olá €🙂\n".encode(), ["olá €🙂"]),
        (b"a\x00b\x0bc\x85d\xe2\x80\xa8e\n", ["a\0b\x0bc\\x85d\u2028e"]),
    ],
)
def test_lines_read_as_people_expect(data: bytes, expected: list[str]) -> None:
    """Only newlines end a line; progress bars show their last state; odd bytes are escaped."""
    assert texts(data) == expected


def test_offsets_are_those_just_after_each_line() -> None:
    """An offset counts bytes, newline included, from the start of the stream."""
    splitter = Splitter()

    seen = [
        (splitter.feed("é\r\nla".encode()), splitter.offset),
        (splitter.feed(b"st\n\nend"), splitter.offset),
        (splitter.finish(), splitter.offset),
    ]

    assert seen == [(["é"], 4), (["last", ""], 10), (["end"], 13)]


@pytest.mark.parametrize("unit", ["x", "é", "€", "🙂"])
def test_long_line_is_split_between_characters_and_says_so(unit: str) -> None:
    """All but the last piece end in the mark, and together they are the line."""
    line = "a" + unit * LIMIT

    *first, last, after = texts(line.encode() + b"\nnext\n")

    assert all(text.endswith(CONTINUES) for text in first)
    assert "".join(text.removesuffix(CONTINUES) for text in first) + last == line
    assert after == "next"
    assert max(len(text.removesuffix(CONTINUES).encode()) for text in first) <= LIMIT


def test_line_of_exactly_the_limit_is_whole() -> None:
    """The limit itself is not too long, with a newline or at the end of the stream."""
    line = b"x" * LIMIT

    assert texts(line + b"\n" + line) == [line.decode()] * 2


def test_endless_progress_bar_is_cut_between_its_states() -> None:
    """A bar that never ends its line shows whole states only."""
    bar = b"".join(b"\r%3d%% done" % (n % 100) for n in range(5000))

    cut = texts(bar)

    assert len(cut) > 2
    assert all(text.removesuffix(CONTINUES).strip().endswith("% done") for text in cut)


@given(STREAMS, st.lists(st.integers(1, 3 * LIMIT), max_size=6))
@example(b"x" * LIMIT + b"\r\n", [LIMIT])
@example(b"\xf0\x9f\x99\x82" * LIMIT, [LIMIT + 1, 1])
def test_any_chunks_give_the_same_lines(data: bytes, sizes: list[int]) -> None:
    """How the bytes arrive does not show."""
    splitter = Splitter()

    lines = [line for part in parts(data, sizes) for line in splitter.feed(part)]

    assert lines + splitter.finish() == texts(data)


@given(STREAMS, st.lists(st.integers(1, 3 * LIMIT), max_size=6))
@example(b"x" * LIMIT + b"\n" + b"y" * (LIMIT + 1) + b"\nz", [LIMIT, 2 * LIMIT])
def test_any_resume_gives_the_same_lines(data: bytes, sizes: list[int]) -> None:
    """Whoever goes on where what came so far ends sees exactly what would have come."""
    splitter = Splitter()
    lines: list[str] = []

    for part in parts(data, sizes):
        lines += splitter.feed(part)

        assert lines + texts(data, splitter.offset) == texts(data)


@given(STREAMS)
def test_every_byte_is_in_one_line(data: bytes) -> None:
    """At its end the offset is the end of the stream, and every newline is told of."""
    splitter = Splitter()

    lines = splitter.feed(data)
    ended = splitter.offset
    lines += splitter.finish()

    assert (data.rfind(b"\n") + 1) <= ended <= splitter.offset == len(data)
    whole = [line for line in lines if not line.endswith(CONTINUES)]
    assert len(whole) == data.count(b"\n") + (data[-1:] not in {b"", b"\n"})


@given(st.binary(max_size=300))
def test_bytes_are_shown_as_each_line_decodes_by_itself(data: bytes) -> None:
    """Decoding whole blocks is only faster, not different."""
    lines = data.replace(b"\r", b"").split(b"\n")
    expected = [line.decode("utf-8", "backslashreplace") for line in lines]

    assert texts(data.replace(b"\r", b"") + b"\n") == expected


def test_memory_of_an_endless_line_is_bounded() -> None:
    """Nothing but the unfinished piece is held."""
    splitter = Splitter()

    for _ in range(200):
        splitter.feed(b"x" * 10_000)

        assert len(splitter._rest) <= splitter._longest < 2 * LIMIT


def _seconds(data: bytes) -> float:
    best = float("inf")
    for _ in range(3):
        splitter = Splitter()
        start = time.process_time()
        for at in range(0, len(data), 32_768):
            splitter.feed(data[at : at + 32_768])
        best = min(best, time.process_time() - start)
    return best


def test_endless_line_takes_linear_time() -> None:
    """Eight times the bytes take about eight times as long, not sixty-four times."""
    small, large = _seconds(b"x" * 2_000_000), _seconds(b"x" * 16_000_000)

    assert large < 30 * small
