from __future__ import annotations

import pytest
from tests.contract.previews_suite import PreviewsContract

from tallylight.journal import Journal
from tallylight.journal.memory import MemoryJournal


class TestMemoryPreviews(PreviewsContract):
    @pytest.fixture
    def journal(self) -> Journal:
        return MemoryJournal()
