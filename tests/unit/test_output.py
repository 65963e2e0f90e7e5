"""A script may print whatever it likes: what is made of it stays small."""

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from db.model.execution import Attempt, Progress
from db.model.output import Level, Stream
from executor.output import MOST_RESULTS, Output
from executor.rules.levels import level_of
from executor.rules.lines import CONTINUES, LIMIT
from executor.rules.progress import Reader, read_result
from executor.services.log_writer import Batch
from tests.support.executions import NOON, QUEUED

_MIB = 1 << 20


def _lines(batches: Iterable[Batch]) -> list[str]:
    return [text for batch in batches for block in batch.blocks for text in block.texts]


def _output(pattern: str = "") -> Output:
    attempt = Attempt(execution_id=QUEUED.id, number=1, created_at=NOON)
    return Output(QUEUED, attempt, progress_pattern=pattern, stderr=(), clock=lambda: NOON)


def _texts_of(output: Output, pieces: Iterable[bytes]) -> list[str]:
    """Return the lines of stdout when it comes in *pieces*."""
    batches = [batch for piece in pieces for batch in output.feed([(Stream.OUT, piece)])]
    last = output.finish()
    return _lines([*batches, *([last] if last else [])])


def test_a_flood_of_short_lines_comes_in_batches_of_bounded_size() -> None:
    """Each is one transaction, and nothing else gets its turn while it is made."""
    output = _output()
    chunks = [(Stream.OUT, b"y\n" * 100_000), (Stream.ERR, b"\n" * 100_000)]

    batches = list(output.feed(chunks))

    blocks = [block for batch in batches for block in batch.blocks]
    assert max(len(_lines([batch])) for batch in batches) < 40_000
    assert [block.first for block in blocks] == [
        1 + before for before in [0, *itertools.accumulate(len(each.texts) for each in blocks)]
    ][:-1]
    assert batches[-1].last_line == len(_lines(batches)) == 200_000
    assert (batches[-1].out_offset, batches[-1].err_offset) == (200_000, 100_000)


def test_each_batch_says_where_it_leaves_off_itself() -> None:
    """If the later ones are never written, the host is asked for them again."""
    output = _output()
    batches = output.feed([(Stream.OUT, b"line\n" * 50_000)])

    first = next(batches)

    assert first.out_offset == 5 * len(_lines([first])) < 250_000
    assert output.offsets[Stream.OUT] == first.out_offset
    assert first.last_line == len(_lines([first]))


def test_ordinary_output_is_one_batch() -> None:
    """What came together is committed together."""
    (batch,) = _output().feed([(Stream.OUT, b"one\ntwo\n"), (Stream.ERR, b"three\nfo")])

    assert _lines([batch]) == ["one", "two", "three"]


def test_results_without_end_are_kept_up_to_a_number() -> None:
    """They are stored with every batch; those that were there first may still change."""
    output = _output()
    text = "".join(f"::result key{n}=1\n" for n in range(10 * MOST_RESULTS))

    batches = list(output.feed([(Stream.OUT, f"{text}::result key0=2\n".encode())]))

    assert len(batches[-1].result) == MOST_RESULTS
    assert batches[-1].result["key0"] == "2"


def test_an_endless_line_is_cut_and_held_in_pieces() -> None:
    """Ten megabytes without a newline."""
    output = _output()

    batches = [batch for _ in range(10) for batch in output.feed([(Stream.OUT, b"x" * _MIB)])]

    assert all(len(text) < 17_000 for text in _lines(batches))
    assert output.offsets[Stream.OUT] > 9 * _MIB


def test_a_secret_of_several_lines_is_masked_line_by_line() -> None:
    """A script that prints a key file prints lines, and a log holds lines."""
    output = _output()
    output.hide(["{\n  first-half-of-it\r\n  second-half-of-it\n}\n", ""])

    (batch,) = output.feed([(Stream.OUT, b"{\nfirst-half-of-it\n{ second-half-of-it }\n")])

    assert _lines([batch]) == ["{", "•••", "{ ••• }"]


# Words that tell something, in all cases, some with letters that only look like ASCII ones.
_LOUD = ["ERROR", "Warn", "cr\u0131tical", "f\u0130le", "panic", "Err", "x.Error:", "No space left"]
_QUIET = ["info", "notice:", "Command not found", "2026-03-14 ", "é", "🙂", " ", "secret"]
_TOLD = ["::progress 1/4 a", "::progress 3/4", "7%", " 2 of 9", "3/5", "1/2/3", "::result b=2 a=3"]
_TELLING = st.sampled_from([*_LOUD, *_QUIET, *_TOLD])
_SAID = st.lists(st.lists(_TELLING, max_size=4).map("".join), max_size=12)


@given(
    _SAID,
    _SAID,
    st.lists(st.integers(1, 80), max_size=8),
    st.sampled_from(["", r"(?P<percent>\d+)%"]),
)
@example(["7%", " 2 of 9", "é"], [], [], "")
@example(["7% a", "9%", "é"], [], [], r"(?P<percent>\d+)%")
@example(["PAN\u0130C now"], ["\u212a"], [], "")
def test_looking_at_blocks_tells_what_looking_at_lines_does(
    out: list[str], err: list[str], sizes: list[int], pattern: str
) -> None:
    """Levels, warnings, progress, results and masks, however the bytes are cut into blocks."""
    output = _output(pattern)
    output.hide(["secret"])
    chunks = [(Stream.OUT, part) for part in _parts(out, sizes)]
    chunks += [(Stream.ERR, part) for part in _parts(err, sizes)]

    batches = list(output.feed(chunks))

    read, told = Reader(pattern), None
    results: dict[str, str] = {}
    expected = []
    for stream, texts in ((Stream.OUT, out), (Stream.ERR, err)):
        for text in (text.replace("secret", "•••") for text in texts):
            expected.append((stream, level_of(stream, text), text))
            if stream is Stream.OUT:
                told = read.read(text) or told
                results |= read_result(text)
    seen = [
        (block.stream, level, text)
        for batch in batches
        for block in batch.blocks
        for level, text in zip(block.levels, block.texts, strict=True)
    ]
    assert seen == expected
    if batches:
        last = batches[-1]
        assert last.warnings == sum(level is not Level.INFO for _, level, _ in expected)
        assert last.result == results
        assert _progress(last) == told


def _parts(texts: list[str], sizes: list[int]) -> list[bytes]:
    data = "".join(f"{text}\n" for text in texts).encode()
    cuts = [0, *itertools.accumulate(sizes)]
    return [data[start:end] for start, end in itertools.pairwise([*cuts, None])]


def _progress(batch: Batch) -> Progress | None:
    if batch.progress_done is None or batch.progress_total is None:
        return None
    return Progress(
        done=batch.progress_done, total=batch.progress_total, words=batch.progress_words
    )


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("at", range(LIMIT - 12, LIMIT + 3, 2))
def test_a_secret_is_masked_wherever_a_long_line_is_cut(at: int, size: int) -> None:
    """Halves of it could not be: the line is cut before it, however its bytes arrive."""
    secret = "S3CRET-t0ken"
    data = f"{'x' * at}{secret}{'y' * LIMIT}\n".encode()
    output = _output()
    output.hide([secret])

    texts = _texts_of(output, [data[start : start + size] for start in range(0, len(data), size)])

    assert "".join(text.removesuffix(CONTINUES) for text in texts) == (
        f"{'x' * at}•••{'y' * LIMIT}"
    )


def test_a_short_secret_with_a_newline_after_it_is_masked_without_it() -> None:
    """So stands a password in an environment variable that was read from a file."""
    output = _output()
    output.hide(["hunter2\n"])

    assert _texts_of(output, [b"it is hunter2, alas\n"]) == ["it is •••, alas"]
