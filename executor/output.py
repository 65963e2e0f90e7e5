"""A run's output on its way from bytes to rows: lines, levels, progress, results, what to mask.

Fast because it looks at blocks, some hundred lines at once: each is split, decoded and searched
for telling words as a whole, and only a block that has one is read line by line. Nothing is made
per line but its text.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from db.model.execution import Attempt, Execution, Progress
from db.model.output import Block, Level, Stream
from executor.rules.levels import levels_of
from executor.rules.lines import Splitter
from executor.rules.masking import Mask, of_secrets
from executor.rules.progress import Reader, read_result
from executor.services.log_writer import Batch
from executor.services.queue import STDERR_LINES

MOST_RESULTS = 50
# While a batch is made nothing else runs: a few milliseconds.
_ENOUGH_LINES = 4000  # they may be very short
_ENOUGH_BYTES = 256 * 1024  # or very long
_SLICE = 32 * 1024  # bytes: as much as a packet of SSH holds


class Output:
    """One attempt's output from its stored offsets on; every batch says where it leaves off."""

    def __init__(
        self,
        execution: Execution,
        attempt: Attempt,
        *,
        progress_pattern: str,
        stderr: Sequence[str],
        clock: Callable[[], datetime],
    ) -> None:
        self._execution = execution
        self._clock = clock
        self._secrets, self._personal = Mask({}), Mask({})
        self._reader = Reader(progress_pattern)
        self._number = attempt.last_line
        self._warnings = attempt.warnings
        self._progress = _stored_progress(attempt)
        self._result = dict(attempt.result)
        self._last_output_at = attempt.last_output_at
        self._stderr = deque(stderr, maxlen=STDERR_LINES)
        self.offsets = {Stream.OUT: attempt.out_offset, Stream.ERR: attempt.err_offset}
        self._splitters = {
            stream: Splitter(self.offsets[stream]) for stream in (Stream.OUT, Stream.ERR)
        }

    @property
    def result(self) -> Mapping[str, str]:
        """What the script said of its result so far."""
        return self._result

    @property
    def last_output_at(self) -> datetime | None:
        """When the last lines of the script came; None: it has not said anything."""
        return self._last_output_at

    @property
    def stderr_tail(self) -> str:
        """The last lines of stderr."""
        return "\n".join(self._stderr)

    def hide(self, secrets: Iterable[str], personal: Iterable[str] = ()) -> None:
        """Mask *secrets* in every line from here on.

        *personal* values stay, but no line is cut in the middle of one: Slack must not show it.
        """
        self._secrets = of_secrets(secrets)
        self._personal = Mask(dict.fromkeys(personal, ""), any_case=True)
        self.rewind()

    def clean(self, text: str) -> str:
        """Return *text*, which did not come as output, without secrets."""
        return self._secrets.text(text)

    def rewind(self) -> None:
        """Forget bytes that are not in a line yet: the next follow sends them again."""
        masks = tuple(filter(None, (self._secrets, self._personal)))
        self._splitters = {
            stream: Splitter(offset, masks) for stream, offset in self.offsets.items()
        }

    def feed(self, chunks: Sequence[tuple[Stream, bytes]]) -> Iterator[Batch]:
        """Yield the lines that *chunks* complete, in batches to be written one after the other."""
        blocks: list[Block] = []
        size, first = 0, self._number
        for stream, data in chunks:
            for start in range(0, len(data), _SLICE):
                part = data[start : start + _SLICE]
                self._take(blocks, stream, self._splitters[stream].feed(part))
                size += len(part)
                if size >= _ENOUGH_BYTES or self._number - first >= _ENOUGH_LINES:
                    if blocks:
                        yield self._batch(blocks)
                    blocks, size, first = [], 0, self._number
        if blocks:
            yield self._batch(blocks)

    def finish(self) -> Batch | None:
        """Return what stands after the last newlines, once the streams are complete."""
        blocks: list[Block] = []
        for stream, splitter in self._splitters.items():
            self._take(blocks, stream, splitter.finish())
        return self._batch(blocks) if blocks else None

    def note(self, text: str, level: Level = Level.INFO) -> Batch:
        """Return Ferry's own remark as a line of the log."""
        blocks: list[Block] = []
        self._add(blocks, Stream.NOTE, [level], [self.clean(text)])
        return self._batch(blocks)

    def _take(self, blocks: list[Block], stream: Stream, texts: list[str]) -> None:
        """Read *texts*, lines of *stream*, for what they tell, and add them to *blocks*."""
        if not texts:
            return
        joined = "\n".join(texts)
        if self._secrets.finds(joined):
            texts = self._secrets.lines(texts)
            joined = "\n".join(texts)
        if stream is Stream.ERR:
            self._stderr.extend(texts[-STDERR_LINES:])
        else:
            self._progress = self._reader.last(texts, joined) or self._progress
            if "::result" in joined:
                self._read_results(texts)
        self._last_output_at = self._clock()
        levels = levels_of(stream, texts, joined)
        self._warnings += len(levels) - levels.count(Level.INFO)
        self._add(blocks, stream, levels, texts)
        self.offsets[stream] = self._splitters[stream].offset

    def _read_results(self, texts: Sequence[str]) -> None:
        for text in texts:
            for name, value in read_result(text).items():
                if name in self._result or len(self._result) < MOST_RESULTS:
                    self._result[name] = value

    def _add(
        self, blocks: list[Block], stream: Stream, levels: list[Level], texts: list[str]
    ) -> None:
        if blocks and blocks[-1].stream is stream:
            blocks[-1].levels.extend(levels)
            blocks[-1].texts.extend(texts)
        else:
            execution, first = self._execution, self._number + 1
            now = blocks[-1].logged_at if blocks else self._clock()
            blocks.append(Block(execution.id, execution.attempt, first, stream, now, levels, texts))
        self._number += len(texts)

    def _batch(self, blocks: Sequence[Block]) -> Batch:
        progress = self._progress
        return Batch(
            blocks=blocks,
            execution_id=self._execution.id,
            attempt=self._execution.attempt,
            fence=self._execution.fence,
            out_offset=self.offsets[Stream.OUT],
            err_offset=self.offsets[Stream.ERR],
            last_line=self._number,
            warnings=self._warnings,
            progress_done=progress.done if progress else None,
            progress_total=progress.total if progress else None,
            progress_words=progress.words if progress else "",
            result=dict(self._result),
            last_output_at=self._last_output_at,
        )


def _stored_progress(attempt: Attempt) -> Progress | None:
    if attempt.progress_done is None or attempt.progress_total is None:
        return None
    return Progress(
        done=attempt.progress_done, total=attempt.progress_total, words=attempt.progress_words
    )
