"""What a list of statements is asked for: words of SQL, and `table:`, `from:` and `company:`."""

import re
from dataclasses import dataclass

FIELDS = {"table": "table", "from": "origin", "company": "company"}
TERM = re.compile(r'(table|from|company):(?:"([^"]*)"|(\S+))')
LONGEST = 200


@dataclass(frozen=True)
class StatementFilter:
    """A filter as it was typed.

    Attributes:
        words: What the text of a statement holds.
        table: A table it reads or writes.
        origin: An endpoint, a job's name or a line of code it is sent from.
        company: The short name of whose work it is done for.
    """

    words: str = ""
    table: str = ""
    origin: str = ""
    company: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether everything matches."""
        return not (self.words or self.table or self.origin or self.company)


def read_filter(text: str) -> StatementFilter:
    """Return what somebody typed; of a field named twice the last counts."""
    text = text.replace("\x00", "")[:LONGEST]
    fields = {FIELDS[name]: quoted or plain for name, quoted, plain in TERM.findall(text)}
    return StatementFilter(words=" ".join(TERM.sub(" ", text).split()), **fields)
