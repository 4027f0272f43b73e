"""The stand-ins answer as the vendors do, and forget nothing when they are restarted."""

import asyncio
import hashlib
import hmac
import http.server
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import facebook
import httpx
import pytest
import tweepy
import yarl
from tweepy.asynchronous import AsyncClient

from lapor.processes.credentials import VENDORS
from lapor.standins.settings import Settings, WrongSettings, from_environment
from lapor.standins.sms import international
from lapor.standins.state import World
from testing.standins import serving, settings_for_tests
from testing.waiting import until, within

SEND = {"username": "lapor", "password": "kannel-password", "from": "1708", "to": "+6281234567890"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for_tests(tmp_path / "standins.jsonl")


@pytest.fixture
def base(settings: Settings) -> Iterator[str]:
    with serving(settings) as url:
        yield url


@contextmanager
def application(answers: list[int]) -> Iterator[tuple[str, list[str]]]:
    """Run an MO door that gives the answers in turn, and then repeats the last one. Yield its URL and the requests."""
    asked: list[str] = []

    class Door(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(answers.pop(0) if len(answers) > 1 else answers[0])
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/sms/kannel/mo", asked
        server.shutdown()
        thread.join()


@asynccontextmanager
async def tweepy_at(base: str, **changes: str) -> AsyncIterator[Any]:
    """Make a client of the real tweepy that calls the stand-in."""
    secrets = {
        "consumer_key": "consumer-key",
        "consumer_secret": "consumer-secret",
        "access_token": "access-token",
        "access_token_secret": "access-secret",
    }
    client = AsyncClient(**(secrets | changes), return_type=dict)

    async def rewrite(request: Any, handler: Any) -> Any:
        address = str(request.url).replace("https://api.twitter.com", f"{base}/x")
        request.url = yarl.URL(address, encoded=True)
        return await handler(request)

    async with aiohttp.ClientSession(middlewares=(rewrite,)) as client.session:
        yield client


def mention(base: str, text: str = "@LaporSoppeng jalan rusak", **more: str) -> str:
    answer = httpx.post(f"{base}/x/mention", json={"handle": "warga", "text": text, **more})
    return str(answer.json()["id"])


def deleted(base: str, post_id: str) -> None:
    assert httpx.post(f"{base}/x/delete", json={"id": post_id}).status_code == 200


def sent_by(base: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = httpx.get(f"{base}/sent").json()
    return told


# --- settings and the journal


def test_missing_settings_are_all_named() -> None:
    with pytest.raises(
        WrongSettings, match=r"STANDINS_PORT must be a number; STANDINS_STATE is missing.*X_CONSUMER_SECRET"
    ):
        from_environment({"STANDINS_PORT": "abc"})


def test_their_secrets_come_in_files_in_containers(tmp_path: Path) -> None:
    given = {"STANDINS_PORT": "1", "STANDINS_STATE": "s", "SMS_MO_URL": "http://x", "KANNEL_USERNAME": "lapor"}
    secrets = ("SMS_MO_TOKEN", "KANNEL_PASSWORD", *VENDORS[3:])
    files = {f"{name}_FILE": str(tmp_path / name) for name in secrets}

    with pytest.raises(WrongSettings, match=r"SMS_MO_TOKEN: its file .* can't be read: No such file.*X_ACCESS_SECRET"):
        from_environment(given | files)
    for name in secrets:
        (tmp_path / name).write_text(f"{name} of ours\n")
    assert "SMS_MO_TOKEN of ours" == from_environment(given | files).sms_mo_token


def test_the_command_ends_with_78_when_settings_are_missing() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "lapor.standins"], env={"STANDINS_PORT": "1"}, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 78
    assert "SMS_MO_URL is missing" in ended.stderr


def test_sent_messages_and_posts_survive_a_restart(settings: Settings) -> None:
    with serving(settings) as base:
        httpx.get(f"{base}/cgi-bin/sendsms", params={**SEND, "text": "SPG-S7K4-2M9XA diterima"})
        post_id = mention(base)
        before = sent_by(base)
    with serving(settings) as base:
        assert before == sent_by(base)
        assert int(post_id) < int(mention(base, "@LaporSoppeng sekali lagi"))


def test_half_a_line_at_the_end_of_the_journal_is_dropped(tmp_path: Path) -> None:
    world = World(tmp_path / "state")
    world.record(world.tell("sms", "+62811", "satu"))
    world.close()
    with (tmp_path / "state").open("ab") as journal:
        journal.write(b'{"type":"sent","chan')
    again = World(tmp_path / "state")
    again.record(again.tell("sms", "+62811", "dua"))
    again.close()
    reread = World(tmp_path / "state")
    reread.close()
    assert [each.text for each in reread.sent] == ["satu", "dua"]


# --- the SMS gateway


def test_an_accepted_sms_is_shown_with_its_ticket(base: str) -> None:
    answer = httpx.get(f"{base}/cgi-bin/sendsms", params={**SEND, "text": "SPG-S7K4-2M9XA diterima"})
    assert (answer.status_code, answer.text) == (202, "0: Accepted for delivery")
    [sent] = sent_by(base)
    assert sent.pop("at").endswith("+08:00")
    assert sent == {
        "channel": "sms",
        "to": "+6281234567890",
        "ticket": "SPG-S7K4-2M9XA",
        "text": "SPG-S7K4-2M9XA diterima",
        "thread": "",
    }


def test_a_wrong_password_and_a_missing_receiver_are_refused_in_kannels_words(base: str) -> None:
    wrong = httpx.get(f"{base}/cgi-bin/sendsms", params={**SEND, "password": "salah", "text": "a"})
    nobody = httpx.get(f"{base}/cgi-bin/sendsms", params={**SEND, "to": "", "text": "a"})
    assert (wrong.status_code, wrong.text) == (403, "Authorization failed for sendsms")
    assert (nobody.status_code, nobody.text) == (400, "Empty receiver number not allowed, rejected")


def test_letters_outside_the_seven_bit_alphabet_need_coding_2(base: str) -> None:
    httpx.get(f"{base}/cgi-bin/sendsms", params={**SEND, "text": "baik 👍"})
    httpx.get(f"{base}/cgi-bin/sendsms", params={**SEND, "text": "baik 👍", "coding": "2", "charset": "UTF-8"})
    assert [each["text"] for each in sent_by(base)] == ["baik ????", "baik 👍"]


def test_a_long_sms_that_a_real_kannel_has_taken_apart_is_put_together(base: str) -> None:
    """It is split in the middle of the 👍, which is two UTF-16 units; another citizen's SMS still lacks a part."""
    units = "baik 👍".encode("utf-16-be")
    for to, number, part in (("+628111", 2, units[12:]), ("+628222", 1, units[:12]), ("+628111", 1, units[:12])):
        header = bytes([5, 0, 3, 7, 2, number])
        values = {**SEND, "to": to, "coding": "2", "charset": "UTF-16BE", "udh": header, "text": part}
        answer = httpx.get(f"{base}/cgi-bin/sendsms?{urlencode(values)}")
        assert 202 == answer.status_code
    assert [("+628111", "baik 👍")] == [(each["to"], each["text"]) for each in sent_by(base)]


def test_with_a_real_kannel_an_sms_goes_down_its_line_as_it_was_written(tmp_path: Path) -> None:
    with application([202]) as (url, asked):
        settings = settings_for_tests(tmp_path / "state", sms_smsc_url=url)
        with serving(settings) as base:
            httpx.post(f"{base}/sms/send-mo", data={"from": "0812-3456-7890", "text": "SOPPENG  jalan\nrusak 👍"})
            assert until(lambda: asked)
    assert {
        "username": [settings.kannel_username],
        "password": [settings.kannel_password],
        "from": ["+6281234567890"],
        "to": ["1708"],
        "text": ["SOPPENG  jalan\nrusak 👍"],
        "coding": ["0"],
        "charset": ["UTF-8"],
    } == parse_qs(urlsplit(asked[0]).query)


def test_an_sms_is_sent_again_with_the_same_id_until_it_is_taken(tmp_path: Path) -> None:
    with application([503, 201, 202]) as (url, asked):
        settings = settings_for_tests(tmp_path / "state", sms_mo_url=url)
        with serving(settings) as base:
            form = {"from": "0812-3456-7890", "text": "SOPPENG  jalan rusak + lampu 👍"}
            answer = httpx.post(f"{base}/sms/send-mo", data=form)
            assert until(lambda: len(asked) == 3)
    queries = [parse_qs(urlsplit(path).query, keep_blank_values=True) for path in asked]
    assert [queries[0]] * 3 == queries
    assert "unmatched" not in queries[0]
    assert (
        ["+6281234567890"],
        ["1708"],
        ["SOPPENG jalan rusak + lampu 👍"],
        ["SOPPENG  jalan rusak + lampu 👍"],
        [answer.json()["id"]],
        ["mo-token"],
    ) == tuple(queries[0][name] for name in ("from", "to", "text", "raw", "id", "token"))


def test_an_sms_nobody_took_is_sent_after_a_restart(tmp_path: Path) -> None:
    with serving(settings_for_tests(tmp_path / "state")) as base:
        made = httpx.post(f"{base}/sms/send-mo", json={"from": "081234567890", "text": "tolong"}).json()["id"]
    with application([200]) as (url, asked):
        with serving(settings_for_tests(tmp_path / "state", sms_mo_url=url)):
            assert until(lambda: len(asked) == 1)
        with serving(settings_for_tests(tmp_path / "state", sms_mo_url=url)):
            pass
    assert len(asked) == 1
    assert "unmatched=1" in asked[0]
    assert f"id={made}" in asked[0]
    assert "mo-token" not in (tmp_path / "state").read_text()


@pytest.mark.parametrize("written", ["081234567890", "+62 812-3456-7890", "0062812 34567890", "6281234567890"])
def test_numbers_become_international_as_kannel_does(written: str) -> None:
    assert international(written) == "+6281234567890"


# --- X


async def test_tweepy_finds_out_who_we_are(base: str) -> None:
    async with tweepy_at(base) as client:
        assert (await client.get_me())["data"]["username"] == "LaporSoppeng"


@pytest.mark.parametrize("secret", ["access_token_secret", "consumer_secret", "consumer_key", "access_token"])
async def test_a_wrong_signature_is_refused(base: str, secret: str) -> None:
    async with tweepy_at(base, **{secret: "salah"}) as client:
        with pytest.raises(tweepy.Unauthorized):
            await client.get_me()


async def test_mentions_come_newest_first_in_pages_after_since_id(base: str) -> None:
    ids = [mention(base, f"@LaporSoppeng nomor {n}") for n in range(8)]
    mention(base, "tanpa sebutan", mention="no")
    async with tweepy_at(base) as client:
        us = (await client.get_me())["data"]["id"]
        ask = {"since_id": ids[0], "max_results": 5, "tweet_fields": ["created_at", "author_id"], "user_auth": True}
        first = await client.get_users_mentions(us, expansions="author_id", **ask)
        rest = await client.get_users_mentions(us, pagination_token=first["meta"]["next_token"], **ask)
        nothing = await client.get_users_mentions(us, since_id=ids[-1], user_auth=True)
    assert list(reversed(ids[1:])) == [post["id"] for page in (first, rest) for post in page["data"]]
    assert ids[-1] == first["meta"]["newest_id"]
    assert first["includes"]["users"][0]["username"] == "warga"
    assert {"id", "text", "edit_history_tweet_ids", "created_at", "author_id"} == set(first["data"][0])
    assert "next_token" not in rest["meta"]
    assert nothing == {"meta": {"result_count": 0}}


async def test_a_reply_is_shown_as_sent_to_the_citizen_once(base: str) -> None:
    post_id = mention(base)
    async with tweepy_at(base) as client:
        await client.create_tweet(text="SPG-M7K4-2M9XA kami terima", in_reply_to_tweet_id=post_id)
        with pytest.raises(tweepy.Forbidden, match="duplicate"):
            await client.create_tweet(text="SPG-M7K4-2M9XA kami terima", in_reply_to_tweet_id=post_id)
    [sent] = sent_by(base)
    assert (sent["channel"], sent["to"], sent["ticket"]) == ("x", "warga", "SPG-M7K4-2M9XA")


async def test_a_reply_nobody_asked_for_or_too_long_is_refused(base: str) -> None:
    silent, asked = mention(base, "#LAPOR jalan rusak", mention="no"), mention(base)
    async with tweepy_at(base) as client:
        with pytest.raises(tweepy.Forbidden, match="not been mentioned"):
            await client.create_tweet(text="halo", in_reply_to_tweet_id=silent)
        with pytest.raises(tweepy.BadRequest):
            await client.create_tweet(text="👍" * 141, in_reply_to_tweet_id=asked)
    assert sent_by(base) == []


async def test_rate_limits_are_counted_and_kept(tmp_path: Path) -> None:
    with serving(settings_for_tests(tmp_path / "state", x_window_limit="2")) as base:
        async with tweepy_at(base) as client:
            client.return_type = aiohttp.ClientResponse
            headers = (await client.get_me()).headers
            await client.get_me()
            with pytest.raises(tweepy.TooManyRequests) as refused:
                await client.get_me()
    assert (headers["x-rate-limit-limit"], headers["x-rate-limit-remaining"]) == ("2", "1")
    assert int(headers["x-rate-limit-reset"]) == refused.value.reset_time


def test_an_unknown_fault_is_answered_with_the_known_ones(base: str) -> None:
    answer = httpx.post(f"{base}/x/fault", json={"kind": "magic"})
    assert answer.status_code == 400
    assert "throttle_no_reset" in answer.json()["error"]


# --- Facebook


@pytest.fixture
def graph(base: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(facebook, "FACEBOOK_GRAPH_URL", f"{base}/graph/")
    library = facebook.GraphAPI("standin-page-token", timeout=5)
    library.version = "v26.0"
    yield library
    library.session.close()


def proof() -> dict[str, str]:
    return {"appsecret_proof": hmac.new(b"app-secret", b"standin-page-token", hashlib.sha256).hexdigest()}


def test_a_visitors_post_is_read_and_commented(base: str, graph: Any) -> None:
    made = httpx.post(f"{base}/graph/post", json={"name": "Andi", "text": "sampah menumpuk"}).json()["id"]
    feed = graph.get_connections("170800000000001", "feed", fields="id,message,from", **proof())
    graph.put_object(made, "comments", message="SPG-M7K4-2M9XA kami terima", **proof())
    comments = graph.get_connections(made, "comments", **proof())
    [sent] = sent_by(base)
    assert [(made, "sampah menumpuk", "Andi")] == [(e["id"], e["message"], e["from"]["name"]) for e in feed["data"]]
    assert [each["message"] for each in comments["data"]] == ["SPG-M7K4-2M9XA kami terima"]
    assert (sent["channel"], sent["to"], sent["ticket"]) == ("facebook", "Andi", "SPG-M7K4-2M9XA")


def test_a_call_without_the_proof_or_with_a_wrong_token_is_refused(graph: Any) -> None:
    with pytest.raises(facebook.GraphAPIError, match="appsecret_proof"):
        graph.get_object("me")
    graph.access_token = "salah"
    with pytest.raises(facebook.GraphAPIError, match="Invalid OAuth"):
        graph.get_object("me", **proof())


# --- the page


def test_the_page_shows_both_sides_of_a_talk_escaped(base: str) -> None:
    back = httpx.post(f"{base}/sms/send-mo", data={"from": "0811", "text": "SOPPENG <b>tolong</b>", "back": "1"})
    httpx.get(f"{base}/cgi-bin/sendsms", params={**SEND, "text": "SPG-S7K4-2M9XA diterima"})
    httpx.post(f"{base}/x/mention", data={"handle": "@warga", "text": "lampu padam", "back": "1"})
    shown = httpx.get(f"{base}/kotak").text
    assert (back.status_code, back.headers["location"]) == (303, "/")
    assert "&lt;b&gt;tolong" in shown
    assert "SPG-S7K4-2M9XA diterima" in shown
    assert "@LaporSoppeng lampu padam" in shown
    assert 'action="/sms/send-mo"' in httpx.get(f"{base}/").text
    assert httpx.get(f"{base}/ready").json() == {"ready": True}


@pytest.mark.parametrize(
    ("path", "body"), [("sms/send-mo", b"{"), ("sms/send-mo", b"[]"), ("x/mention", b'{"handle":"a b"}')]
)
def test_bad_input_is_refused_with_a_reason(base: str, path: str, body: bytes) -> None:
    answer = httpx.post(f"{base}/{path}", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.slow
def test_two_hundred_messages_at_once_are_all_handed_over(tmp_path: Path) -> None:
    with application([200]) as (url, asked), serving(settings_for_tests(tmp_path / "s", sms_mo_url=url)) as base:

        async def burst() -> None:
            async with httpx.AsyncClient() as client:
                await within(
                    asyncio.gather(
                        *(
                            client.post(
                                f"{base}/sms/send-mo", json={"from": "0811", "text": f"SOPPENG {n}"}, timeout=30
                            )
                            for n in range(200)
                        )
                    )
                )

        asyncio.run(burst())
        assert until(lambda: len(asked) == 200)
    assert len({parse_qs(urlsplit(path).query)["id"][0] for path in asked}) == 200
