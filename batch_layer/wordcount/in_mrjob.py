"""The word count as a map-reduce. mrjob starts it as a program of its own too."""

import re
from collections.abc import Iterable, Iterator

from mrjob.job import MRJob
from mrjob.protocol import BytesValueProtocol

WORD = re.compile(rb"[A-Za-z']+")

Counted = Iterator[tuple[str, int]]


class WordCount(MRJob):
    """Gives each word with how often it occurs. Lines are bytes, so that any file is read."""

    INPUT_PROTOCOL = BytesValueProtocol

    def mapper(self, _: object, line: bytes) -> Counted:
        for word in WORD.findall(line):
            yield word.decode("ascii"), 1

    def combiner(self, word: str, counts: Iterable[int]) -> Counted:
        yield word, sum(counts)

    def reducer(self, word: str, counts: Iterable[int]) -> Counted:
        yield word, sum(counts)


if __name__ == "__main__":
    WordCount.run()
