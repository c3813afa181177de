"""The database: its tables, their migrations, who reads and who writes. SQLAlchemy and Alembic are known here, in
`journal.sql` and in `catalog.sql`, and nowhere else.
"""

from tallylight.db.database import Database, open_database
from tallylight.db.writer import Writer

__all__ = ["Database", "Writer", "open_database"]
