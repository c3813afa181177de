"""Takes the pictures of the documentation: the page while it processes the demo archive, and the review after it.

Nothing is staged: the demo is started as a user starts it, with one worker so that there is time to look. The typeface
is the machine's own; Inter (Debian: fonts-inter) is the one the pictures in the repository were taken with.
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

from playwright.sync_api import Browser, Page, expect, sync_playwright

PICTURES: Final = Path(__file__).parent.parent / "docs" / "pictures"
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


def process(page: Page, url: str) -> None:
    """Start a session over the whole archive and take its picture mid-run."""
    page.goto(url)
    page.locator("#folders-list input").first.check()
    expect(page.locator(".chip").first).to_be_visible()
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_function(MID_RUN, polling=20, timeout=LONGEST)
    page.screenshot(path=PICTURES / "page.png")


def review(page: Page) -> None:
    """Take the picture of the review once all thumbnails in view are there."""
    expect(page.get_by_role("heading", name="Ready to review")).to_be_visible(timeout=LONGEST)
    page.locator("#samples").scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=PICTURES / "review.png")


def new_page(browser: Browser) -> Page:
    return browser.new_page(viewport={"width": 1120, "height": 760}, device_scale_factor=2, color_scheme="light")


def main() -> None:
    chromium = os.environ.get("TALLYLIGHT_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        sys.exit("No Chromium was found: install one, or name it in TALLYLIGHT_CHROMIUM.")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, demo(Path(folder)) as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = new_page(browser)
        process(page, url)
        review(page)
        browser.close()


if __name__ == "__main__":
    main()
