"""The command line: `tallylight`. One command a module; each draws the same messages as the page."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    import sys

    try:
        # Imported here: multiprocessing runs the program's main file in every worker too, and they need none of it.
        from tallylight.cli.app import main as run

        run()
    except KeyboardInterrupt:
        # Ctrl-C before a command had begun, which knows better what to say.
        sys.exit(130)
