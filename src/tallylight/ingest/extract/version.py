"""Which version of the extraction read a file."""

from __future__ import annotations

from typing import Final

#: Raise it by one when the same bytes would be read otherwise than before, and only a second look at the file can tell:
#: a hash or a thumbnail that is made another way, a field that was not read, a format that was misread. Then the next
#: session over a folder reads its files once more instead of skipping them. Leave it where stored texts are enough (the
#: parsers of prompts and workflows: `tallylight reparse` does that without the files) and where a file that failed is
#: read now (what failed is in no catalog, so it is tried by every session anyway).
EXTRACTOR_VERSION: Final = 1
