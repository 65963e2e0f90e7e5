"""A script may print whatever it likes: what is made of it stays small."""

import itertools

from db.model.execution import Attempt, Stream
from executor.output import MOST_RESULTS, Output
from tests.support.executions import NOON, QUEUED

_MIB = 1 << 20


def _output(pattern: str = "") -> Output:
    attempt = Attempt(execution_id=QUEUED.id, number=1, created_at=NOON)
    return Output(QUEUED, attempt, progress_pattern=pattern, stderr=(), clock=lambda: NOON)


def test_a_flood_of_short_lines_comes_in_batches_of_bounded_size() -> None:
    """Each is one transaction, and nothing else gets its turn while it is made."""
    output = _output()
    chunks = [(Stream.OUT, b"y\n" * 100_000), (Stream.ERR, b"\n" * 100_000)]

    batches = list(output.feed(chunks))

    lines = list(itertools.chain.from_iterable(batch.lines for batch in batches))
    assert max(len(batch.lines) for batch in batches) < 25_000
    assert [line.number for line in lines] == list(range(1, 200_001))
    assert (batches[-1].out_offset, batches[-1].err_offset) == (200_000, 100_000)


def test_each_batch_says_where_it_leaves_off_itself() -> None:
    """If the later ones are never written, the host is asked for them again."""
    output = _output()
    batches = output.feed([(Stream.OUT, b"line\n" * 50_000)])

    first = next(batches)

    assert first.out_offset == 5 * len(first.lines)
    assert output.offsets[Stream.OUT] == first.out_offset
    assert first.last_line == len(first.lines)


def test_ordinary_output_is_one_batch() -> None:
    """What came together is committed together."""
    (batch,) = _output().feed([(Stream.OUT, b"one\ntwo\n"), (Stream.ERR, b"three\nfo")])

    assert [line.text for line in batch.lines] == ["one", "two", "three"]


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

    assert all(len(line.text) < 17_000 for batch in batches for line in batch.lines)
    assert output.offsets[Stream.OUT] > 9 * _MIB


def test_a_secret_of_several_lines_is_masked_line_by_line() -> None:
    """A script that prints a key file prints lines, and a log holds lines."""
    output = _output()
    output.hide(["{\n  first-half-of-it\r\n  second-half-of-it\n}\n", ""])

    (batch,) = output.feed([(Stream.OUT, b"{\nfirst-half-of-it\n{ second-half-of-it }\n")])

    assert [line.text for line in batch.lines] == ["{", "•••", "{ ••• }"]
