"""Events handed on: by queues that keep their order, by webhooks, to commands."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Event as Signal
from threading import Lock
from typing import TYPE_CHECKING

import pytest

from gto.core.transitions import Transition
from gto.exceptions import UsageError
from gto.registry.event_report import Report
from gto.registry.registry import Registry
from gto.watch import webhook_sender
from gto.watch.journal import HandledTag, Mark
from gto.watch.outcome import DONE, AttemptResult, NextStep
from gto.watch.payload import Annotations, Notice, Pending
from gto.watch.queue import Lanes, Patience
from gto.watch.run_command import EventCommand
from gto.watch.webhook_sender import Webhook
from tests.factories import event
from tests.web import Asked, Reply, Web, serve_web

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.repo import Repo

AGAIN = AttemptResult(NextStep.AGAIN, "busy")
REPORT = Report(event="registration", name="m", ref="refs/tags/m@v1.0.0")
NOTICE = Notice("ab12", REPORT, "Ada", "ada@example.com", "2022-01-01T00:00:00+00:00", "a tag")


@pytest.fixture
def web() -> Iterator[Web]:
    with serve_web() as running:
        yield running


def answered(web: Web, *statuses: int) -> list[AttemptResult]:
    """What becomes of a notice that is answered with these."""
    left = list(statuses)
    web.rule("/hook", lambda _asked, _usual: Reply(left.pop(0), b"thanks", {"Location": f"{web.url}/other"}), len(left))
    return [webhook_sender.to(f"{web.url}/hook?a=b").deliver(NOTICE) for _ in statuses]


def test_a_webhook_carries_the_event_and_its_signature(web: Web) -> None:
    key = b"thirty-two bytes of a random key"
    web.rule("/hook", lambda _asked, _usual: Reply(204))
    assert webhook_sender.to(f"{web.url}/hook", "whsec_" + base64.b64encode(key).decode()).deliver(NOTICE) == DONE
    (asked,) = web.asked
    headers = asked.headers
    assert json.loads(asked.body) == NOTICE.as_dict()
    assert asked.method == "POST"
    assert headers["Content-Type"] == "application/json"
    assert (headers["X-Gto-Event"], headers["X-Gto-Delivery"], headers["Webhook-Id"]) == (
        "registration",
        "ab12",
        "ab12",
    )
    text = f"ab12.{headers['Webhook-Timestamp']}.".encode() + asked.body
    right = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    assert headers["Webhook-Signature"] == f"v1,{right}"


def test_without_a_secret_nothing_is_signed(web: Web) -> None:
    assert answered(web, 200) == [DONE]
    assert "Webhook-Signature" not in web.asked[0].headers


def test_a_status_says_whether_to_try_again(web: Web) -> None:
    assert {one.verdict for one in answered(web, 200, 201, 202, 204, 299)} == {NextStep.DONE}
    passing = (
        401,
        403,
        404,
        405,
        408,
        409,
        425,
        429,
        451,
        500,
        502,
        503,
        599,
    )  # an ingress that rolls answers with 404
    assert {one.verdict for one in answered(web, *passing)} == {NextStep.AGAIN}
    assert {one.verdict for one in answered(web, 400, 410, 413, 422)} == {NextStep.NEVER}


def asked_to_wait(web: Web, text: str) -> float:
    """How long a receiver is left alone whose answer has this as Retry-After."""
    web.rule("/hook", lambda _asked, _usual: Reply(429, b"", {"Retry-After": text}))
    outcome = webhook_sender.to(f"{web.url}/hook").deliver(NOTICE)
    assert outcome.verdict is NextStep.AGAIN
    return outcome.after


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("7", 7, 7),
        ("9" * 5000, 999_999_999, 999_999_999),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 1e11, 1e12),
        ("Sat, 01 Jan 2022 00:00:00 GMT", 0, 0),
        ("-7", 0, 0),
        ("soon", 0, 0),
        ("", 0, 0),
    ],
)
def test_a_receiver_may_ask_to_be_left_alone(text: str, least: float, most: float, web: Web) -> None:
    assert least <= asked_to_wait(web, text) <= most


def test_a_receiver_may_ask_to_be_left_alone_until_a_date(web: Web) -> None:
    then = datetime.now(UTC) + timedelta(seconds=3000)
    assert 2900 < asked_to_wait(web, format_datetime(then, usegmt=True)) <= 3000


def test_a_redirect_is_not_followed(web: Web) -> None:
    for one in answered(web, 301, 302, 303, 307, 308):
        assert one.verdict is NextStep.AGAIN
        assert "redirects are not followed" in one.reason
    assert {asked.path for asked in web.asked} == {"/hook?a=b"}


def test_a_receiver_that_is_not_there_or_hangs_up_is_tried_again(web: Web) -> None:
    def hang_up(_asked: Asked, _usual: Reply) -> Reply:
        return Reply(200, b"x" * 100, drop_after=0, length=-1)

    web.rule("/hook", hang_up)
    assert webhook_sender.to("http://127.0.0.1:1/hook").deliver(NOTICE).verdict is NextStep.AGAIN
    hook = webhook_sender.to(f"{web.url}/hook")
    assert str(hook) == f"POST {web.url}/hook"
    assert hook.deliver(NOTICE) == DONE  # the status came: what follows it does not matter


@pytest.mark.parametrize("url", ["ftp://example.com/x", "example.com/hook", "https://", "file:///etc/passwd"])
def test_only_web_servers_get_webhooks(url: str) -> None:
    with pytest.raises(UsageError, match="no URL of a web server"):
        webhook_sender.to(url)


def test_a_password_in_the_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(UsageError) as error:
        webhook_sender.to("https://ada:hunter2@example.com/hook")
    assert "hunter2" not in f"{error.value.message} {error.value.hint}"
    assert str(Webhook("https://example.com/hook?token=hunter2")).count("hunter2") == 0


def run(script: str, notice: Notice = NOTICE, seconds: float = 60.0, hidden: tuple[str, ...] = ()) -> AttemptResult:
    return EventCommand(("sh", "-c", script), seconds, hidden).deliver(notice)


def test_a_command_says_by_its_exit_code_how_it_went() -> None:
    assert run("cat > /dev/null") == DONE
    assert run("exit 3") == AttemptResult(NextStep.AGAIN, "it ended with exit code 3")
    assert run("kill -9 $$") == AttemptResult(NextStep.AGAIN, "it ended with signal 9")


def test_a_command_that_hangs_is_ended_with_what_it_started(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    end = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    found = run(f"sleep 3600 > {pipe} & sleep 3600", seconds=0.3)
    os.set_blocking(end, True)
    assert os.read(end, 1) == b""  # it comes when nobody holds the other end any more
    os.close(end)
    assert found == AttemptResult(NextStep.AGAIN, "it was ended after 0.3 seconds")


def test_a_command_that_cannot_be_started_is_tried_again(tmp_path: Path) -> None:
    found = EventCommand((str(tmp_path / "missing"),), 60.0).deliver(NOTICE)
    assert found == AttemptResult(NextStep.AGAIN, "it cannot be started: No such file or directory")


def test_a_command_does_not_get_the_secrets_of_the_watcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_SECRET", "hunter2")
    assert run(f"env > {tmp_path}/env", hidden=("HOOK_SECRET",)) == DONE
    text = (tmp_path / "env").read_text()
    assert "hunter2" not in text
    assert "GTO_KEY=ab12" in text


def test_what_no_environment_can_hold_is_cut_and_whole_on_stdin(tmp_path: Path) -> None:
    wild = NOTICE._replace(report=REPORT._replace(description="\0\ud800" + "é" * 300_000))
    assert run(f'cat > {tmp_path}/in; printf %s "$GTO_DESCRIPTION" | wc -c > {tmp_path}/length', wild) == DONE
    assert json.loads((tmp_path / "in").read_text())["description"] == wild.report.description
    assert 32_000 < int((tmp_path / "length").read_text()) <= 32_768


class Recorder:
    """Whoever gets events, as it is told to."""

    def __init__(self) -> None:
        self.tried: list[str] = []
        self.settled: list[tuple[str, NextStep, int]] = []
        self.fails: Counter[str] = Counter()
        self.never: set[str] = set()
        self.gates: dict[str, Signal] = {}
        self.lock = Lock()

    def attempt(self, pending: Pending, _tries: int) -> AttemptResult:
        ref = pending.event.ref
        if ref in self.gates:
            assert self.gates[ref].wait(30)
        with self.lock:
            self.tried.append(ref)
            if ref in self.never:
                return AttemptResult(NextStep.NEVER, "no")
            self.fails[ref] -= 1
            return AGAIN if self.fails[ref] >= 0 else DONE

    def settle(self, pending: Pending, outcome: AttemptResult, tries: int) -> None:
        with self.lock:
            self.settled.append((pending.event.ref, outcome.verdict, tries))

    def lanes(self, retries: int = 3, jobs: int = 4) -> Lanes:
        return Lanes(self.attempt, self.settle, Patience(retries, 0.001, jobs))


@pytest.fixture
def pending(repo: Repo) -> list[Pending]:
    """Three events of each of six artifacts."""
    annotations = Annotations(Registry.open(str(repo.path)))
    made = [event(f"m{name}#prod#{number}") for number in range(1, 4) for name in range(6)]
    return [Pending(one._replace(oid=one.ref), Transition(), annotations, "") for one in made]


@pytest.mark.parametrize("jobs", [1, 4, 64])
def test_events_of_one_artifact_come_in_order(pending: list[Pending], jobs: int) -> None:
    to = Recorder()
    to.fails.update({"m1#prod#1": 2, "m3#prod#2": 3})
    lanes = to.lanes(jobs=jobs)
    lanes.add(pending[:9])
    lanes.add(pending[9:])
    lanes.drain()
    lanes.close()
    lanes.join()
    done = [ref for ref, verdict, _ in to.settled if verdict is NextStep.DONE]
    for name in range(6):
        assert [ref for ref in done if ref.startswith(f"m{name}#")] == [f"m{name}#prod#{n}" for n in range(1, 4)]
    assert ("m1#prod#1", NextStep.DONE, 3) in to.settled
    assert lanes.keys() == set()


def test_an_event_is_given_up_after_so_many_tries_and_the_next_goes_on(pending: list[Pending]) -> None:
    to = Recorder()
    to.fails["m0#prod#1"] = 100
    to.never = {"m1#prod#1"}
    lanes = to.lanes(retries=2)
    lanes.add(pending)
    lanes.drain()
    assert to.tried.count("m0#prod#1") == 3
    assert to.tried.count("m1#prod#1") == 1
    assert ("m0#prod#1", NextStep.NEVER, 3) in to.settled
    assert {("m0#prod#2", NextStep.DONE, 1), ("m1#prod#2", NextStep.DONE, 1)} <= set(to.settled)


def test_an_artifact_that_takes_long_does_not_hold_up_others(pending: list[Pending]) -> None:
    to = Recorder()
    to.gates["m0#prod#1"] = Signal()
    lanes = to.lanes(jobs=2)
    lanes.add(pending)
    while len(to.settled) < 15:
        os.sched_yield()
    assert lanes.keys() == {f"m0#prod#{number}" for number in range(1, 4)}
    to.gates["m0#prod#1"].set()
    lanes.drain()
    assert len(to.settled) == 18


def test_what_is_being_handed_on_ends_and_nothing_more_begins(pending: list[Pending]) -> None:
    to = Recorder()
    to.gates["m0#prod#1"] = Signal()
    lanes = to.lanes(jobs=1)
    lanes.add(pending[:1] + pending[6:7])
    lanes.close()
    lanes.drain()
    to.gates["m0#prod#1"].set()
    lanes.join()
    assert len(to.settled) <= 1
    assert lanes.keys() >= {"m0#prod#2"}


def test_what_goes_wrong_with_the_watcher_itself_is_raised(pending: list[Pending]) -> None:
    def full(_pending: Pending, _outcome: AttemptResult, _tries: int) -> None:
        raise OSError(28, "No space left on device")

    lanes = Lanes(Recorder().attempt, full, Patience())
    lanes.add(pending)
    with pytest.raises(OSError, match="No space"):
        lanes.drain()
    with pytest.raises(OSError, match="No space"):
        lanes.join()


@pytest.mark.parametrize(
    ("retries", "last", "expected"),
    [(2, HandledTag(Mark.TRY, "ab", "m#prod#1", 1, "no"), 2), (2, HandledTag(Mark.TRY, "ab", "m#prod#1", 9, "no"), 1)],
    ids=["some", "more-than-are-left"],
)
def test_tries_of_an_earlier_watcher_count_and_one_more_is_made(
    pending: list[Pending], retries: int, last: HandledTag, expected: int
) -> None:
    to = Recorder()
    to.fails["m0#prod#1"] = 100
    lanes = to.lanes(retries=retries)
    lanes.add([pending[0]._replace(before=last)])
    lanes.drain()
    assert to.tried == ["m0#prod#1"] * expected
    assert to.settled[-1] == ("m0#prod#1", NextStep.NEVER, last.tries + expected)


@pytest.mark.parametrize("tries", [2, 3])
def test_an_event_during_whose_tries_the_watcher_ends_is_given_up_in_the_end(
    pending: list[Pending], tries: int
) -> None:
    to = Recorder()
    lanes = to.lanes(retries=2)
    lanes.add([pending[0]._replace(before=HandledTag(Mark.TRY, "ab", "m#prod#1", tries)), pending[6]])
    lanes.drain()
    again = tries <= 2
    assert to.settled[0] == ("m0#prod#1", NextStep.DONE if again else NextStep.NEVER, 3)
    assert to.tried == ["m0#prod#1"] * again + ["m0#prod#2"]


def test_waits_grow_and_are_bounded() -> None:
    patience = Patience(first=1.0)
    for tries, most in ((1, 1.0), (2, 2.0), (5, 16.0), (40, 300.0), (100_000, 300.0)):
        waits = [patience.wait(tries) for _ in range(50)]
        assert most / 2 <= min(waits) <= max(waits) <= most
        assert len(set(waits)) > 1
    assert patience.wait(1, 50.0) == 50.0
    assert patience.wait(1, 1e12) == 3600.0
    assert patience.wait(9, 1.0) > 100.0
