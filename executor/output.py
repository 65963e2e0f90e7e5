"""A run's output on its way from bytes to rows: lines, levels, progress, results, what to mask."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from db.model.execution import Attempt, Execution, Level, LogLine, Progress, Stream
from executor.rules.levels import level_of
from executor.rules.lines import Piece, Splitter
from executor.rules.masking import mask
from executor.rules.progress import Reader, read_result
from executor.services.log_writer import Batch
from executor.services.queue import STDERR_LINES

MOST_RESULTS = 50
_TELLING = 8  # characters
# One batch is one transaction, and while it is made nothing else runs: lines may be very short.
_ENOUGH_LINES = 4000
_SLICE = 16 * 1024  # bytes


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
        self._secrets: tuple[str, ...] = ()
        self._reader = Reader(progress_pattern)
        self._number = attempt.last_line
        self._warnings = attempt.warnings
        self._progress = _stored_progress(attempt)
        self._result = dict(attempt.result)
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
    def stderr_tail(self) -> str:
        """The last lines of stderr."""
        return "\n".join(self._stderr)

    def hide(self, secrets: Iterable[str]) -> None:
        """Mask *secrets* in every line from here on."""
        values = list(filter(None, secrets))
        lines = (line.strip() for value in values for line in value.splitlines())
        # Of a key file each line is a secret; shorter ones are brackets and such.
        self._secrets = (*values, *(line for line in lines if len(line) >= _TELLING))

    def rewind(self) -> None:
        """Forget bytes that are not in a stored line: the next follow sends them again."""
        self._splitters = {stream: Splitter(offset) for stream, offset in self.offsets.items()}

    def feed(self, chunks: Sequence[tuple[Stream, bytes]]) -> Iterator[Batch]:
        """Yield the lines that *chunks* complete, in batches to be written one after the other."""
        lines: list[LogLine] = []
        for stream, data in chunks:
            for start in range(0, len(data), _SLICE):
                pieces = self._splitters[stream].feed(data[start : start + _SLICE])
                lines += self._lines(stream, pieces)
                if len(lines) >= _ENOUGH_LINES:
                    yield self._batch(lines)
                    lines = []
        if lines:
            yield self._batch(lines)

    def finish(self) -> Batch | None:
        """Return what stands after the last newlines, once the streams are complete."""
        lines: list[LogLine] = []
        for stream, splitter in self._splitters.items():
            lines += self._lines(stream, splitter.finish())
        return self._batch(lines) if lines else None

    def note(self, text: str, level: Level = Level.INFO) -> Batch:
        """Return Ferry's own remark as a line of the log."""
        return self._batch([self._line(Stream.NOTE, level, self._clock(), text)])

    def _lines(self, stream: Stream, pieces: Sequence[Piece]) -> list[LogLine]:
        lines: list[LogLine] = []
        now = self._clock()
        for piece in pieces:
            text = mask(piece.text, self._secrets) if self._secrets else piece.text
            self._read(stream, text)
            level = level_of(stream, text)
            self._warnings += level is Level.WARNING
            lines.append(self._line(stream, level, now, text))
            self.offsets[stream] = piece.end_offset
        return lines

    def _read(self, stream: Stream, text: str) -> None:
        if stream is Stream.ERR:
            self._stderr.append(text)
            return
        if progress := self._reader.read(text):
            self._progress = progress
        for name, value in read_result(text).items():
            if name in self._result or len(self._result) < MOST_RESULTS:
                self._result[name] = value

    def _line(self, stream: Stream, level: Level, now: datetime, text: str) -> LogLine:
        self._number += 1
        execution = self._execution
        return LogLine(execution.id, execution.attempt, self._number, stream, level, now, text)

    def _batch(self, lines: Sequence[LogLine]) -> Batch:
        progress = self._progress
        return Batch(
            lines=lines,
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
        )


def _stored_progress(attempt: Attempt) -> Progress | None:
    if attempt.progress_done is None or attempt.progress_total is None:
        return None
    return Progress(
        done=attempt.progress_done, total=attempt.progress_total, words=attempt.progress_words
    )
