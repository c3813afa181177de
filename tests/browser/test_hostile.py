"""A hostile page in the same browser: it can neither start a session nor read anything, cookie or not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from tests.browser import watch
from tests.browser.serving import Server
from tests.ports import free_port

#: What it tries to read, each way a page has. Resolves to what it got hold of.
READS = """async (target) => {
  const got = {}
  const keep = async (name, attempt) => { try { got[name] = await attempt() } catch { got[name] = null } }
  for (const path of ['/api/ingest/sessions', '/api/ingest/stream', '/api/ingest/poll', '/healthz', '/']) {
    for (const credentials of ['include', 'omit']) {
      for (const mode of ['cors', 'no-cors', 'same-origin']) {
        await keep(`fetch ${path} ${credentials} ${mode}`, async () => {
          const answer = await fetch(target + path, { mode, credentials, signal: AbortSignal.timeout(1000) })
          return (await answer.text()) || null
        })
      }
    }
  }
  for (const withCredentials of [true, false]) {
    await keep(`EventSource ${withCredentials}`, () => new Promise((resolve) => {
      const source = new EventSource(target + '/api/ingest/stream', { withCredentials })
      for (const name of ['message', 'heartbeat', 'open']) source.addEventListener(name, () => resolve(name))
      source.onerror = () => (source.close(), resolve(null))
    }))
  }
  const include = (kind, make) => keep(kind, () => new Promise((resolve) => {
    const element = make()
    element.onload = () => resolve('loaded')
    element.onerror = () => resolve(null)
    document.head.append(element)
  }))
  const made = (tag, properties) => Object.assign(document.createElement(tag), properties)
  const paths = ['/api/ingest/sessions', '/static/app.js', THUMBNAIL]
  for (const path of paths) {
    await include(`img ${path}`, () => Object.assign(new Image(), { src: target + path }))
    await include(`script ${path}`, () => made('script', { src: target + path }))
    await include(`module ${path}`, () => made('script', { type: 'module', src: target + path }))
    await include(`style ${path}`, () => made('link', { rel: 'stylesheet', href: target + path }))
  }
  return Object.entries(got).filter(([, found]) => found !== null).map(([name]) => name)
}"""
#: What it tries to start, with every body a page can send.
WRITES = """async ([target, folder]) => {
  const body = JSON.stringify({ parameters: { directory: folder } })
  const form = 'application/x-www-form-urlencoded'
  for (const path of ['/api/ingest/process', '/login']) {
    for (const credentials of ['include', 'omit']) {
      for (const [mode, type] of [['cors', 'application/json'], ['no-cors', 'text/plain'], ['no-cors', form]]) {
        const request = { method: 'POST', mode, credentials, headers: { 'Content-Type': type }, body }
        await fetch(target + path, request).catch(() => {})
      }
    }
  }
  navigator.sendBeacon(target + '/api/ingest/process', new Blob([body], { type: 'text/plain' }))
}"""
#: The page's own form, as a page of somebody else's would send it: with every field that it takes.
OWN_FORM = """([target, path, folder, policy]) => {
  const made = (tag, properties) => Object.assign(document.createElement(tag), properties)
  document.head.append(made('meta', { name: 'referrer', content: policy }))
  const form = made('form', { method: 'POST', action: target + path })
  const fields = { directories: folder, filled: '1', tier: 'index', conflict_rule: 'newest', skip_existing: 'on' }
  for (const [name, value] of Object.entries(fields)) form.append(made('input', { name, value }))
  document.body.append(form)
  form.submit()
}"""
FORM = """([target, path, folder, type]) => {
  const made = (tag, properties) => Object.assign(document.createElement(tag), properties)
  const form = made('form', { method: 'POST', enctype: type, action: target + path })
  // Sent as text/plain it is JSON: NAME=VALUE.
  const field = made('input', { name: '{"parameters":{"directory":"' + folder + '"}, "x":"', value: '"}' })
  form.append(field)
  document.body.append(form)
  form.submit()
}"""


class _Blank(BaseHTTPRequestHandler):
    """A page of somebody else's, with no policy that would hold it back."""

    def do_GET(self) -> None:
        body = b"<!doctype html><title>hostile</title><body>"
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def elsewhere() -> Iterator[int]:
    """The port of a server of somebody else's."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Blank)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(params=["without a token", "with a token"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A server for this machine alone, and one for others into which this browser is logged in."""
    port = free_port()
    public_url = f"http://127.0.0.1:{port}/" if request.param == "with a token" else None
    server = Server(tmp_path, port=port, public_url=public_url)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def visited(browser: Browser, target: Server) -> Iterator[BrowserContext]:
    """A browser in which the page was opened, and which therefore has the cookie."""
    context = browser.new_context()
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.goto(f"{target.url}/?token={target.token}" if target.token else target.url)
    assert page.evaluate("fetch('/api/ingest/sessions').then((answer) => answer.status)") == 200
    page.close()
    assert len(context.cookies()) == bool(target.token)
    yield context
    context.close()


def hostile_page(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(url)
    assert page.title() == "hostile"
    return page


# Another port of this machine is another origin and the same site; another name is another site.
@pytest.mark.parametrize("host", ["127.0.0.1", "tally.test"])
def test_it_reads_nothing_and_starts_nothing(host: str, visited: BrowserContext, target: Server) -> None:
    session = watch.begun(target)
    target.engine.open()
    target.until(lambda: target.get(f"/api/ingest/status/{session}")["status"] == "completed")
    seq = target.get(f"/api/ingest/items/{session}?limit=1")["items"][0]["seq"]
    reads = READS.replace("THUMBNAIL", f"'/api/ingest/thumbnail/{session}/{seq}'")
    own = visited.new_page()
    own.goto(target.url)
    got = own.evaluate(reads, target.url)
    assert {"fetch /api/ingest/sessions include cors", "EventSource true"} <= set(got), "what the server's own page can"
    own.close()
    with elsewhere() as port:
        page = hostile_page(visited, f"http://{host}:{port}/")
        assert page.evaluate(reads, target.url) == []
        page.evaluate(WRITES, [target.url, str(target.root)])
        for path in ("/api/ingest/process", "/login"):
            for encoding in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
                with page.expect_navigation() as navigation:
                    page.evaluate(FORM, [target.url, path, str(target.root), encoding])
                assert navigation.value.status in {403, 415}
                page = hostile_page(visited, f"http://{host}:{port}/")
        # A frame shows nothing, and may not be looked into.
        framed = page.evaluate(
            """(target) => new Promise((resolve) => {
                const frame = Object.assign(document.createElement('iframe'), { src: target })
                frame.onload = () => resolve(frame.contentDocument?.title ?? null)
                document.body.append(frame)
            })""",
            target.url,
        )
        assert framed is None
    assert [found["session_id"] for found in target.get("/api/ingest/sessions")["sessions"]] == [session]


@pytest.mark.parametrize("host", ["127.0.0.1", "tally.test"])
@pytest.mark.parametrize("policy", ["no-referrer", "unsafe-url"])
def test_no_form_of_it_starts_or_does_anything(host: str, policy: str, visited: BrowserContext, target: Server) -> None:
    session = watch.begun(target)
    target.engine.open()
    target.until(lambda: target.get(f"/api/ingest/status/{session}")["status"] == "completed")
    actions = ("commit", "cancel", "pause", "resume", "retry", "undo")
    with elsewhere() as port:
        for path in ("/sessions", *(f"/sessions/{session}/{action}" for action in actions), "/logout"):
            page = hostile_page(visited, f"http://{host}:{port}/")
            with page.expect_navigation() as navigation:
                page.evaluate(OWN_FORM, [target.url, path, str(target.root), policy])
            assert navigation.value.status == 403, path
            page.close()
    assert [found["session_id"] for found in target.get("/api/ingest/sessions")["sessions"]] == [session]
    assert target.get(f"/api/ingest/status/{session}")["status"] == "completed"
    assert len(visited.cookies()) == bool(target.token)
    # The same form does what it should where it is the server's own.
    own = visited.new_page()
    own.goto(target.url)
    with own.expect_navigation() as navigation:
        own.evaluate(OWN_FORM, [target.url, "/sessions", str(target.root), "same-origin"])
    assert navigation.value.status == 200
    assert len(target.get("/api/ingest/sessions")["sessions"]) == 2


def test_a_name_that_was_turned_to_this_machine_is_misdirected(visited: BrowserContext, target: Server) -> None:
    """DNS rebinding: the hostile page's own name leads to this machine by now, so to the browser it is one origin."""
    page = visited.new_page()
    # The page in place of a page may ask for nothing at all; this answer stands for the attacker's own, which may.
    answer = page.goto(target.url.replace("127.0.0.1", "tally.test") + "/api/ingest/sessions")
    assert answer is not None
    assert answer.status == 421
    told: Any = page.evaluate("fetch('/api/ingest/sessions').then((answer) => answer.status)")
    started: Any = page.evaluate(
        """(folder) => fetch('/api/ingest/process', {
            method: 'POST',
            headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify({ parameters: { directory: folder } }),
        }).then((answer) => answer.status)""",
        str(target.root),
    )
    assert (told, started) == (421, 421)
    page.close()
    assert target.get("/api/ingest/sessions")["sessions"] == []
