"""From arrival times to culprits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.doctor import Beat, Checkup, Ending, Finding, Level, Trial, diagnose

EVERY = 0.25
SENT = [number * EVERY for number in range(8)]
NGINX = {"server": "nginx/1.22.1", "content-type": "text/event-stream"}


def trial(came: Sequence[float] | None = None, **further: object) -> Trial:
    came = [0.02 + sent for sent in SENT] if came is None else came
    beats = tuple(map(Beat, SENT, came))
    return Trial(status=200, answered=0.01, beats=beats, ended=max(came), **further)  # type: ignore[arg-type]


def quiet(lasted: float, ending: Ending = Ending.CUT, asked: float = 12.0) -> Trial:
    beats = [Beat(0.0, 0.02)] + [Beat(asked, asked + 0.02)] * (ending is Ending.COMPLETE)
    return Trial(status=200, silence=asked, ending=ending, answered=0.01, beats=tuple(beats), ended=0.02 + lasted)


def checkup(plain: Trial | None = None, **further: object) -> Checkup:
    known = {"packed": trial(takes_gzip=True), "quiet": quiet(12, Ending.COMPLETE), "first_message": 0.01, **further}
    return Checkup(url="http://127.0.0.1:8710", plain=plain or trial(), **known)  # type: ignore[arg-type]


def troubles(found: Checkup) -> dict[str, Finding]:
    return {finding.about: finding for finding in diagnose(found) if finding.level is Level.TROUBLE}


def levels(found: Checkup) -> set[Level]:
    return {finding.level for finding in diagnose(found)}


def test_where_nothing_is_wrong_nothing_is_to_be_done() -> None:
    findings = diagnose(checkup())
    assert {finding.level for finding in findings} == {Level.GOOD}
    assert not any(finding.cure for finding in findings)
    assert {finding.about for finding in findings} == {"buffering", "idle", "first", "http"}


def test_all_in_one_piece_at_the_end_is_buffering() -> None:
    found = troubles(checkup(trial([1.8] * 8, headers=NGINX)))
    assert "in one piece, up to 1.8 s late" in found["buffering"].what
    assert "proxy_buffering off" in found["buffering"].cure


def test_a_few_at_a_time_is_buffering_too() -> None:
    found = troubles(checkup(trial([0.8, 0.81, 0.82, 0.83, 1.8, 1.8, 1.81, 1.81])))
    assert "in 2 pieces" in found["buffering"].what
    assert "A proxy, a VPN or an antivirus" in found["buffering"].cure


def test_only_with_gzip_it_is_the_compression() -> None:
    headers = {**NGINX, "content-encoding": "gzip"}
    found = troubles(checkup(packed=trial([1.8] * 8, takes_gzip=True, headers=headers), plain=trial(headers=NGINX)))
    assert list(found) == ["compression"]
    assert found["compression"].cure.startswith("nginx compresses answers.")
    assert "gzip_types" in found["compression"].cure


def test_compression_that_holds_nothing_back_is_a_note() -> None:
    packed = trial(takes_gzip=True, headers={**NGINX, "content-encoding": "gzip"})
    assert levels(checkup(packed=packed)) == {Level.GOOD, Level.NOTE}


def test_antivirus_products_hold_the_first_event_until_the_second() -> None:
    came = [0.02 + sent for sent in SENT]
    came[0] = came[1]
    (note,) = [finding for finding in diagnose(checkup(trial(came))) if finding.level is Level.NOTE]
    assert "antivirus" in note.what


def test_a_jittery_network_is_no_culprit() -> None:
    came = [0.02 + sent + late for sent, late in zip(SENT, [0, 0.3, 0.1, 0, 0.2, 0, 0.4, 0.1], strict=True)]
    assert "buffering" not in troubles(checkup(trial(came)))


@given(st.lists(st.floats(0, 0.1), min_size=8, max_size=8))
def test_small_delays_are_never_blamed(late: list[float]) -> None:
    assert not troubles(checkup(trial([sent + more for sent, more in zip(SENT, late, strict=True)])))


def test_a_read_timeout_below_the_heartbeat_breaks_streams() -> None:
    found = troubles(checkup(trial(headers=NGINX), quiet=quiet(3.0)))
    assert "cut after 3.0 s" in found["idle"].what
    assert "proxy_read_timeout" in found["idle"].cure


def test_one_above_it_does_no_harm() -> None:
    found = checkup(quiet=quiet(60.0, asked=75.0))
    assert not troubles(found)
    assert any("cut after 60.0 s" in finding.what for finding in diagnose(found))


def test_a_stream_that_breaks_among_its_events() -> None:
    broken = replace(trial(), beats=trial().beats[:3], ending=Ending.CUT, ended=0.6)
    assert "broke after 0.6 s" in troubles(checkup(broken))["buffering"].what


def test_a_stream_of_which_only_the_head_comes() -> None:
    held = Trial(status=200, ending=Ending.SILENT, answered=0.01, ended=7.0, headers=NGINX)
    (found,) = [one for one in diagnose(checkup(held)) if one.about == "buffering"]
    assert "nothing of the stream for 7.0 s" in found.what
    assert "proxy_buffering" in found.cure


@pytest.mark.parametrize("first", [None, 2.0])
def test_the_real_stream_counts_too(first: float | None) -> None:
    assert any(finding.level is not Level.GOOD for finding in diagnose(checkup(first_message=first)))


def test_where_events_are_gathered_the_silence_of_the_real_stream_has_that_reason() -> None:
    held = trial([1.8] * 8, takes_gzip=True, headers=NGINX)
    found = troubles(checkup(trial(headers=NGINX), packed=held, first_message=None))
    assert list(found) == ["compression", "first"]
    assert found["first"].what.endswith("for the same reason.")
    assert not found["first"].cure


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({"server": "nginx"}, "nginx"),
        ({"server": "openresty/1.25"}, "nginx"),
        ({"server": "Caddy"}, "Caddy"),
        ({"via": "1.1 Caddy"}, "Caddy"),
        ({"server": "cloudflare", "cf-ray": "1"}, "Cloudflare"),
        ({"server": "Apache/2.4"}, "Apache"),
        ({"x-varnish": "1", "server": "nginx"}, "Varnish"),
        ({"via": "1.1 traefik"}, "Traefik"),
    ],
)
def test_who_is_on_the_way_is_named(headers: Mapping[str, str], name: str) -> None:
    assert troubles(checkup(trial([1.8] * 8, headers=headers)))["buffering"].cure.startswith(f"{name} gathers")


@pytest.mark.parametrize(
    ("url", "alpn", "level"),
    [
        ("http://127.0.0.1:1", "", Level.GOOD),
        ("http://localhost/x", "", Level.GOOD),
        ("http://pics.example", "", Level.NOTE),
        ("https://pics.example", "http/1.1", Level.GOOD),
        ("https://pics.example", "h2", Level.GOOD),
    ],
)
def test_the_version_of_http(url: str, alpn: str, level: Level) -> None:
    findings = diagnose(replace(checkup(), url=url, alpn=alpn))
    assert next(finding for finding in findings if finding.about == "http").level is level


def test_the_worst_comes_first() -> None:
    found = diagnose(checkup(trial([1.8] * 8), first_message=2.0))
    order = [finding.level for finding in found]
    assert order == sorted(order, key=[Level.TROUBLE, Level.NOTE, Level.GOOD].index)
