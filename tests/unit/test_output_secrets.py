"""No spelling of a secret is stored, however the bytes of the output arrive."""

import itertools

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from db.model.execution import Attempt
from db.model.output import Stream
from executor.output import Output
from executor.rules.lines import CONTINUES, LIMIT
from executor.services.log_writer import Batch
from tests.support.executions import NOON, QUEUED
from tests.support.spellings import SPELLINGS, core

SECRETS = st.text(
    st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp"], blacklist_characters="•"),
    min_size=4,
    max_size=80,
).filter(lambda value: len(value.strip()) >= 4)
FILLERS = st.builds(
    lambda unit, times: unit * times,
    st.sampled_from(["x", "é", "{} ", "a\n", "::result k=", "::progress 1/4 "]),
    st.one_of(st.integers(0, 9), st.integers(LIMIT // 4 - 60, LIMIT // 4 + 9), st.just(LIMIT)),
)


def _output(*secrets: str, personal: tuple[str, ...] = ()) -> Output:
    attempt = Attempt(execution_id=QUEUED.id, number=1, created_at=NOON)
    output = Output(QUEUED, attempt, progress_pattern="", stderr=(), clock=lambda: NOON)
    output.hide(secrets, personal)
    return output


def _fed(output: Output, data: bytes, sizes: list[int], stream: Stream) -> list[Batch]:
    cuts = [0, *itertools.accumulate(sizes)]
    pieces = [data[start:end] for start, end in itertools.pairwise([*cuts, None])]
    batches = [batch for piece in pieces for batch in output.feed([(stream, piece)])]
    last = output.finish()
    return [*batches, *([last] if last else [])]


def _stored(batches: list[Batch]) -> str:
    """Return all that is stored of *batches*; pieces of a long line as the one that they were."""
    texts = [text for batch in batches for block in batch.blocks for text in block.texts]
    joined = "\n".join(texts).replace(f"{CONTINUES}\n", "")
    told = [f"{batch.progress_words}\n{batch.result}" for batch in batches]
    return "\n".join([*texts, joined, *told])


@pytest.mark.parametrize("name", SPELLINGS)
@settings(max_examples=20, deadline=None)
@given(
    secret=SECRETS,
    before=FILLERS,
    after=FILLERS,
    sizes=st.lists(st.one_of(st.integers(1, 40), st.integers(1, 2 * LIMIT)), max_size=6),
    stream=st.sampled_from([Stream.OUT, Stream.ERR]),
)
@example("S3CRET-t0ken", "x" * (LIMIT - 5), "y" * LIMIT, [LIMIT], Stream.OUT)
@example("S3CRET-t0ken", "x" * (LIMIT - 1), "\n", [LIMIT + 3], Stream.ERR)
@example("S3CRET t0kén with more of it, so that it is long", "x" * (LIMIT - 9), "", [], Stream.OUT)
def test_no_spelling_of_a_secret_is_stored(
    name: str, secret: str, before: str, after: str, sizes: list[int], stream: Stream
) -> None:
    """In lines, in pieces of long lines, in words of progress and in results."""
    secret = secret.strip()
    assume(core(name, secret) not in f"{before} {after}{before}")
    data = f"{before}{SPELLINGS[name](secret)} {after}\n".encode()
    output = _output(secret)

    batches = _fed(output, data, sizes, stream)

    assert core(name, secret) not in _stored(batches)
    assert core(name, secret) not in output.stderr_tail
    assert batches[-1].out_offset + batches[-1].err_offset == len(data)


@given(at=st.integers(LIMIT - 40, LIMIT + 9), size=st.sampled_from([1, 7, 3 * LIMIT]))
@settings(max_examples=30, deadline=None)
def test_personal_value_is_stored_in_one_piece(at: int, size: int) -> None:
    """It stays in the log; what is shown of a line has to find it."""
    value = "320623-Ana-Souza"
    data = f"{'x' * at}{value}{'y' * LIMIT}\n".encode()
    output = _output(personal=(value,))

    batches = _fed(output, data, [size] * (len(data) // size), Stream.OUT)

    texts = [text for batch in batches for block in batch.blocks for text in block.texts]
    assert any(value in text for text in texts)


def test_what_ferry_says_itself_is_masked_too() -> None:
    """A host may repeat what it was sent in what Ferry tells of it."""
    output = _output("S3CRET-t0ken")

    noted = output.note("sh: 3: S3CRET-t0ken: not found")

    assert noted.blocks[0].texts == ["sh: 3: •••: not found"]
    assert output.clean("S3CRET-t0ken") == "•••"
