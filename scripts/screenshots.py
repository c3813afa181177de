"""Takes the pictures of README and docs: every view of the page, on a desk and on a phone, light and dark.

Nothing is staged: the demo is started as a user starts it, with one worker so that there is time to look. The typeface
is the machine's own; the pictures in the repository were taken with Inter (Debian: fonts-inter).
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
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Final, Literal

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

PICTURES: Final = Path(__file__).parent.parent / "docs" / "pictures"
PROGRAM: Final = Path(sys.executable).with_name("tallylight")
ARCHIVE: Final = 400  #: pictures; enough for some seconds of work
LONGEST: Final = 120_000  #: milliseconds for any step, on a slow machine
#: Bytes: what a reader of the docs waits for, and what a clone carries for good.
LARGEST: Final = 250_000
FRAME_COLOURS: Final = 24  #: that are kept as they are: those that the head of the page has most of
SIZES: Final[dict[str, ViewportSize]] = {"desk": {"width": 1120, "height": 760}, "phone": {"width": 390, "height": 780}}
SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
#: Mid-run: the totals are final, failures have come in, and the end is not near.
MID_RUN: Final = """() => {
    const percent = document.getElementById('process-percent').textContent
    const failures = document.getElementById('count-errors').textContent
    return percent.endsWith('%') && parseInt(percent) >= 40 && parseInt(failures) >= 3
}"""
#: Nothing on the screen is still on its way.
SETTLED: Final = """() => document.fonts.ready.then(() => {
    const seen = [...document.images].filter((image) => {
      const { top, bottom } = image.getBoundingClientRect()
      return image.checkVisibility() && bottom > 0 && top < innerHeight
    })
    return seen.every((image) => image.complete) && !document.querySelector('[aria-busy=true]')
})"""


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


def take(page: Page, view: str) -> None:
    """A picture of each size and scheme."""
    for size, scheme in product(SIZES, SCHEMES):
        page.set_viewport_size(SIZES[size])
        # Without motion, so that nothing is between two places.
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        shoot(page, f"{view}-{size}-{scheme}")
    page.set_viewport_size(SIZES["desk"])


def shoot(page: Page, name: str) -> None:
    page.wait_for_function(SETTLED, timeout=LONGEST)
    keep(page.screenshot(), PICTURES / f"{name}.png")


def keep(shot: bytes, path: Path) -> None:
    """Write it with as few colours as it takes to be small. Ends the program where even those are too many."""
    picture = Image.open(BytesIO(shot)).convert("RGB")
    # The lamp is small, and would be given the nearest colour of some thumbnail.
    head = picture.crop((0, 0, picture.width, 60))
    counted = sorted(head.getcolors(head.width * head.height), reverse=True)[:FRAME_COLOURS]
    frame = [channel for _, colour in counted for channel in colour]
    for colours in (256, 128, 64):
        others = picture.quantize(colours - len(counted), kmeans=2, dither=Image.Dither.NONE).getpalette() or []
        palette = Image.new("P", (1, 1))
        palette.putpalette(frame + others)
        packed = BytesIO()
        picture.quantize(colours, palette=palette, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
        if packed.tell() <= LARGEST:
            path.write_bytes(packed.getvalue())
            return
    sys.exit(f"{path.name} takes {packed.tell():,} bytes: more than {LARGEST:,}.")


def walk(browser: Browser, url: str) -> None:
    """From the first folder to the report, with a picture of each view on the way."""
    # What glides to its place is not caught on the way.
    page = browser.new_page(viewport=SIZES["desk"], color_scheme="light", reduced_motion="reduce")
    page.goto(url)
    page.get_by_role("button", name=re.compile("^Open ")).click()
    # First the folder that holds the damaged files, so that the picture shows what a failure looks like.
    page.get_by_role("checkbox", name="Choose unsorted").check()
    for folder in page.get_by_role("checkbox", name=re.compile("^Choose ")).all():
        folder.check()
    expect(page.locator(".chip").first).to_be_visible()
    take(page, "configure")
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url("**/sessions/*")
    for_readme(browser, page.url)
    take(page, "process")

    expect(page.get_by_role("heading", name="Ready to review")).to_be_visible(timeout=LONGEST)
    files = page.get_by_role("listbox", name="Files").get_by_role("option")
    expect(files.first).to_be_visible()
    take(page, "review")
    files.nth(2).click()
    expect(page.get_by_role("dialog").get_by_role("img").first).to_be_visible()
    take(page, "details")
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("^Commit ")).click()
    expect(page.get_by_role("heading", name="Committed")).to_be_visible(timeout=LONGEST)
    take(page, "commit")
    session = page.url.rpartition("/")[2]

    page.goto(f"{url}/library")
    expect(page.get_by_role("listbox").get_by_role("option").first).to_be_visible()
    take(page, "library")
    page.goto(f"{url}/sessions")
    expect(page.get_by_role("table", name="Earlier")).to_be_visible()
    take(page, "sessions")
    page.goto(f"{url}/api/ingest/report/{session}?format=html")
    expect(page.get_by_role("heading", name="Report")).to_be_visible()
    take(page, "report")


def for_readme(browser: Browser, session: str) -> None:
    """The session mid-run, sharp on any screen."""
    page = browser.new_page(viewport=SIZES["desk"], device_scale_factor=2, reduced_motion="reduce")
    page.goto(session)
    page.wait_for_function(MID_RUN, polling=20, timeout=LONGEST)
    for scheme, name in (("light", "page"), ("dark", "page-dark")):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        keep(page.screenshot(), PICTURES / f"{name}.png")
    page.close()


def main() -> None:
    chromium = os.environ.get("TALLYLIGHT_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        sys.exit("No Chromium was found: install one, or name it in TALLYLIGHT_CHROMIUM.")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="tallylight-") as folder,
        demo(Path(folder)) as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        walk(browser, url.rstrip("/"))
        browser.close()


if __name__ == "__main__":
    main()
