from __future__ import annotations

import pytest
from tests.contract.journal_suite import JournalContract

from tallylight.journal import Journal
from tallylight.journal.memory import MemoryJournal


class TestMemoryJournal(JournalContract):
    @pytest.fixture
    def journal(self) -> Journal:
        return MemoryJournal()
