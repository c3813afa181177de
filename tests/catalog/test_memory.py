from __future__ import annotations

import pytest
from tests.contract.catalog_suite import CatalogContract

from tallylight.catalog import Catalog
from tallylight.catalog.memory import MemoryCatalog


class TestMemoryCatalog(CatalogContract):
    @pytest.fixture
    def catalog(self) -> Catalog:
        return MemoryCatalog()
