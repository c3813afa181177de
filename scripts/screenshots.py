"""Takes the picture of the README: the page while it processes the demo archive.

Nothing is staged: the demo is started as a user starts it, with one worker so that there is time to look. The typeface
is the machine's own; the picture in the repository was taken with Inter (Debian: fonts-inter).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, expect, sync_playwright

PICTURE: Final = Path(__file__).parent.parent / "docs" / "pictures" / "page.png"
PROGRAM: Final = Path(sys.executable).with_name("tallylight")
ARCHIVE: Final = 400  #: pictures; enough for some seconds of work
LONGEST: Final = 120_000  #: milliseconds for any step, on a slow machine
#: Mid-run: the totals are final, failures have come in, and the end is not near.
MID_RUN: Final = """() => {
    const percent = document.getElementById('process-percent').textContent
    const failures = document.getElementById('failures-rows').childElementCount
    return percent.endsWith('%') && parseInt(percent) >= 40 && failures >= 3
}"""


@contextmanager
def demo(folder: Path) -> Iterator[str]:
    """The demo on a free port; gives its address."""
    arguments = ["demo", "--data", str(folder), "--port", "0", "--jobs", "1", "--pictures", str(ARCHIVE)]
    with subprocess.Popen([PROGRAM, *arguments], stdout=subprocess.PIPE, text=True) as server:
        try:
            yield address(server)
        finally:
            server.terminate()


def address(server: subprocess.Popen[str]) -> str:
    """The first address that the demo prints."""
    assert server.stdout is not None
    for line in server.stdout:
        if found := re.search(r"http://\S+[^\s.]", line):
            return found[0]
    sys.exit("The demo ended without telling its address.")


def take(page: Page, url: str) -> None:
    """Start a session over all of the archive and take its picture mid-run."""
    page.goto(url)
    page.get_by_role("button", name=re.compile("^Open ")).click()
    # First the folder that holds the damaged files, so that the picture shows what a failure looks like.
    page.get_by_role("checkbox", name="Choose unsorted").check()
    for folder in page.get_by_role("checkbox", name=re.compile("^Choose ")).all():
        folder.check()
    expect(page.locator(".chip").first).to_be_visible()
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_function(MID_RUN, polling=20, timeout=LONGEST)
    page.screenshot(path=PICTURE)


def main() -> None:
    chromium = os.environ.get("TALLYLIGHT_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        sys.exit("No Chromium was found: install one, or name it in TALLYLIGHT_CHROMIUM.")
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, demo(Path(folder)) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1120, "height": 760}, device_scale_factor=2, color_scheme="light")
        take(page, url)
        browser.close()


if __name__ == "__main__":
    main()
