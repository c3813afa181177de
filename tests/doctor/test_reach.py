"""Why nothing came at all, and what to do."""

from __future__ import annotations

import pytest

from tallylight.doctor import Checkup, Ending, Finding, Level, Trial, diagnose


def of(trial: Trial, url: str = "http://h") -> Finding:
    (finding,) = diagnose(Checkup(url=url, plain=trial))
    assert (finding.level, finding.about) == (Level.TROUBLE, "reach")
    return finding


@pytest.mark.parametrize("status", [400, 403, 404, 418, 421, 500, 502, 503, 504])
def test_a_refusal_is_the_only_finding_with_its_words_and_a_cure(status: int) -> None:
    finding = of(Trial(status=status, ending=Ending.REFUSED, words="Because."))
    assert finding.what.endswith("It said: Because.")
    assert finding.cure


@pytest.mark.parametrize(
    ("words", "cure"),
    [
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate", "--ca FILE"),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)", "http://"),
        ("[SSL] record layer failure (_ssl.c:1006)", "http://"),
        ("[Errno -2] Name or service not known", "spelled right"),
        ("[Errno 8] nodename nor servname provided, or not known", "spelled right"),
        ("Server disconnected without sending a response.", "https://"),
        ("All connection attempts failed", "See that the server runs"),
    ],
)
def test_each_error_of_the_network_has_its_own_cure(words: str, cure: str) -> None:
    finding = of(Trial(ending=Ending.UNREACHABLE, words=words))
    assert words.rstrip(".") in finding.what
    assert not finding.what.endswith("..")
    assert cure in finding.cure


def test_a_token_that_is_missing_and_one_that_is_wrong_are_two_things() -> None:
    missing = of(Trial(status=401, ending=Ending.REFUSED, code="not_admitted", words="Wanted."))
    assert missing.what == "The server wants its token."
    assert "--token" in missing.cure
    wrong = of(Trial(status=401, ending=Ending.REFUSED, code="not_admitted", words="Wanted.", showed_token=True))
    assert wrong.what == "The server does not take this token."
    assert "tallylight token --rotate" in wrong.cure
    other = of(Trial(status=401, ending=Ending.REFUSED))
    assert "in front" in other.what


def test_what_is_ours_is_not_said_to_be_none() -> None:
    finding = of(Trial(status=404, ending=Ending.REFUSED, code="not_found", words="There is nothing at /x."))
    assert finding.what.startswith("Tallylight answers")
    assert "There is no Tallylight" in of(Trial(status=404, ending=Ending.REFUSED)).what


def test_a_proxy_before_a_server_without_a_token() -> None:
    finding = of(Trial(status=403, ending=Ending.REFUSED, code="forwarded", words="A proxy forwarded this."))
    assert "has no token" in finding.what
    assert "--public-url" in finding.cure


@pytest.mark.parametrize(
    ("location", "to"),
    [
        ("https://h/api/stream-test?beats=8", "https://h"),
        ("/tally/api/stream-test?beats=8", "http://h/tally"),
        ("https://login.example/", "https://login.example/"),
    ],
)
def test_an_address_that_leads_on_is_told(location: str, to: str) -> None:
    finding = of(Trial(status=301, ending=Ending.REFUSED, headers={"location": location}))
    assert finding.what == f"It leads on to {to}."
    assert finding.cure.endswith(f"tallylight doctor {to}")


@pytest.mark.parametrize("headers", [{}, {"location": "/api/stream-test"}])
def test_one_that_leads_to_itself(headers: dict[str, str]) -> None:
    assert "leads nowhere" in of(Trial(status=302, ending=Ending.REFUSED, headers=headers)).what


def test_a_page_instead_of_a_stream() -> None:
    login = Trial(status=200, ending=Ending.REFUSED, headers={"content-type": "text/html; charset=utf-8"})
    finding = of(login)
    assert "text/html instead of a stream" in finding.what
    assert "login" in finding.cure
