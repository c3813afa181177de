"""How numbers, times and names are written (static/format.js)."""

from __future__ import annotations

from playwright.sync_api import Page
from tests.browser.serving import Server

from tallylight.messages import LONGEST_NAME, elide
from tallylight.visible import visible

LONG = "day_3/" + "🙂" * 100 + "gen_" * 40 + ".png"
ODD = ("plain.png", "héllo 🙂", "a\tb\n\x7f\x85", "\u202egpj.exe", "a\u200db\u00ad", "\u2028\ufeff\u2066", "\U000e0041")
WRITTEN = [
    ("count", [4210], "4,210"),
    ("files", [1], "1 file"),
    ("files", [0], "0 files"),
    ("rate", [61.24], "61.2"),
    ("rate", [1234.5], "1,235"),
    ("bytes", [0], "0 B"),
    ("bytes", [999], "999 B"),
    ("bytes", [1500], "1.5 kB"),
    ("bytes", [99_960_000], "100 MB"),
    ("bytes", [999_600_000], "1.0 GB"),
    ("bytes", [5e18], "5,000 PB"),
    ("duration", [0.4], "0:00"),
    ("duration", [59.6], "1:00"),
    ("duration", [754], "12:34"),
    ("duration", [3753], "1:02:33"),
    ("duration", [-1], "0:00"),
    ("stated", ["2021-05-03T23:04:59.25+09:00"], "3 May 2021, 23:04 +09:00"),
    ("stated", ["2021-05-03T23:04:59Z"], "3 May 2021, 23:04 UTC"),
    ("stated", ["2021-05-03T23:04"], "3 May 2021, 23:04"),
    ("stated", ["2021-05-03"], "3 May 2021"),
    ("stated", ["2021:06:31 10:00:00"], "2021:06:31 10:00:00"),
    ("stated", ["2021-13-31"], "2021-13-31"),
    ("baseName", ["a/b.png"], "b.png"),
    ("baseName", ["/"], "/"),
    ("elide", ["a" * 160], "a" * 160),
    ("elide", [LONG], elide(LONG, LONGEST_NAME)),
    ("elide", ["🙂" * 5, 4], "🙂…🙂🙂"),
    *(("name", [text], visible(text)) for text in ODD),
]


def test_they_are_written_so(page: Page, server: Server) -> None:
    page.goto(server.url)
    script = (
        "async (calls) => { const f = await import('/static/format.js'); return calls.map(([n, a]) => f[n](...a)) }"
    )
    calls = [[function, arguments] for function, arguments, _ in WRITTEN]
    assert page.evaluate(script, calls) == [expected for _, _, expected in WRITTEN]
