"""What was written comes back, whatever ended the run."""

from __future__ import annotations

import json
import os
import threading
from math import inf
from pathlib import Path

import pytest

from kandykit.errors import JournalError
from kandykit.exchange import Answer, Credential, Exchange, Intent, Request
from kandykit.journal import Journal, read_journal


def exchange(seq: int, *, answer: Answer | None = None, failure: str = "", body: str = "") -> Exchange:
    intent = Intent("stateful", 'a "test"', "account-2", Credential.UNKNOWN, "malformed: é")
    request = Request("POST", "http://127.0.0.1/order", (("accept", "*/*"), ("x", "1"), ("x", "2")), body)
    return Exchange(seq, intent, request, answer, 10.1 + seq, 10.7 + seq, "2026-01-02T03:04:05.678Z", failure)


def write(journal: Journal, *exchanges: Exchange) -> None:
    for item in exchanges:
        journal.intend(item.seq, item.intent, item.request, item.started, item.at, writes=True)
        journal.conclude(item)


STRAY = b"\xff\x00\xe9".decode("utf-8", "surrogateescape")

HISTORY = (
    exchange(1, answer=Answer(201, (("Content-Type", "a/b"), ("X", "é"), ("X", "")), f'{{"a": "{STRAY}\n"}}', 12)),
    exchange(2, failure="timeout", body=STRAY),
    exchange(3, failure="cut", answer=Answer(200, (), "half an ans", 11)),
    exchange(4, failure="unreachable"),
    exchange(5, answer=Answer(500, ())),
)


def test_a_journal_gives_back_what_was_written(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.run(seed=7, profile={"target": "x"})
        journal.reading("fulfilment", "at once", declared=False)
        journal.mark("epoch", number=1)
        write(journal, *HISTORY[:2])
        journal.mark("pause", seconds=0.5, why="fence")
        write(journal, *HISTORY[2:])
    recording = read_journal(tmp_path / "j")
    assert recording.story == (
        recording.readings[0],
        recording.marks[0],
        *HISTORY[:2],
        recording.marks[1],
        *HISTORY[2:],
    )
    assert recording.header == {"seed": 7, "profile": {"target": "x"}}
    assert [(r.name, r.value, r.more) for r in recording.readings] == [("fulfilment", "at once", {"declared": False})]
    assert recording.exchanges == HISTORY
    assert [(m.kind, m.data, m.after) for m in recording.marks] == [
        ("epoch", {"number": 1}, 0),
        ("pause", {"seconds": 0.5, "why": "fence"}, 2),
    ]
    assert not recording.truncated
    assert recording.unanswered == ()


def test_overlapping_calls_come_back_in_the_order_of_their_intents(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.run()
        for item in HISTORY:
            journal.intend(item.seq, item.intent, item.request, item.started, item.at, writes=False)
        for item in reversed(HISTORY):
            journal.conclude(item)
    assert read_journal(tmp_path / "j").exchanges == HISTORY


def test_a_call_without_an_outcome_may_still_act(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.run()
        write(journal, HISTORY[0])
        item = HISTORY[3]
        journal.intend(item.seq, item.intent, item.request, item.started, item.at, writes=True)
    recording = read_journal(tmp_path / "j")
    assert recording.unanswered == (4,)
    last = recording.exchanges[-1]
    assert (last.answer, last.failure, last.started, last.ended) == (None, "timeout", item.started, inf)


def test_a_journal_cut_anywhere_after_its_first_line_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with Journal(path) as journal:
        journal.run()
        write(journal, *HISTORY)
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for length in (*range(first, len(whole), 13), len(whole) - 1, len(whole)):
        path.write_bytes(whole[:length])
        recording = read_journal(path)
        assert len(recording.exchanges) - len(recording.unanswered) == whole[:length].count(b'"outcome"') - (
            recording.truncated and b'"outcome"' in whole[:length].rpartition(b"\n")[2]
        )
    assert recording.exchanges == HISTORY


def test_each_record_is_on_its_way_before_the_call_leaves(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    journal.run()
    item = HISTORY[0]
    journal.intend(item.seq, item.intent, item.request, item.started, item.at, writes=True)
    assert read_journal(tmp_path / "j").unanswered == (1,)
    journal.close()


@pytest.mark.parametrize(("fsync", "writes", "synced"), [(True, True, 1), (True, False, 0), (False, True, 0)])
def test_the_disk_is_waited_for_only_before_writes_and_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fsync: bool, writes: bool, synced: int
) -> None:
    calls: list[int] = []
    monkeypatch.setattr(os, "fsync", calls.append)
    with Journal(tmp_path / "j", fsync=fsync) as journal:
        # Its folder is written once, or the new file itself would not survive.
        assert len(calls) == fsync
        calls.clear()
        journal.run()
        item = HISTORY[0]
        journal.intend(item.seq, item.intent, item.request, item.started, item.at, writes=writes)
        journal.conclude(item)
    assert len(calls) == synced


def test_threads_do_not_tear_each_others_lines(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.run()
        threads = [
            threading.Thread(target=lambda start=start: write(journal, *(exchange(start + n) for n in range(50))))
            for start in range(1, 401, 50)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(read_journal(tmp_path / "j").exchanges) == 400


RUN = '{"kind":"run","version":1}'
OUTCOME = '{"kind":"outcome","seq":1,"started":1.0,"ended":2.0}'
INTENT = (
    '{"kind":"intent","seq":1,"at":"","started":1.0,"suite":"","test":"","account":"a","credential":"live",'
    '"method":"GET","url":"u","headers":[],"body":""}'
)


@pytest.mark.parametrize(
    ("lines", "where", "what"),
    [
        ([], 1, "the journal is empty"),
        (["not JSON", "x"], 1, "this is no record of a journal"),
        ([INTENT], 1, "it does not begin with the record of a run"),
        (['{"kind":"run","version":9}'], 1, "the journal has version 9, this kit reads versions 1 and 2"),
        (['{"kind":"run"}'], 1, "'version' is missing"),
        ([RUN, RUN], 2, "a second run begins"),
        ([RUN, "[1]"], 2, "this is no record of a journal"),
        ([RUN, "", INTENT], 2, "this is no record of a journal"),
        ([RUN, '{"kind":"tale"}'], 2, "'tale' is no kind of record"),
        ([RUN, OUTCOME], 2, "call 1 has an outcome, but was not intended"),
        ([RUN, INTENT, OUTCOME, OUTCOME], 4, "has one already"),
        ([RUN, INTENT, INTENT], 3, "call 1 is intended twice"),
        ([RUN, INTENT.replace("live", "golden")], 2, "'golden' is not a valid Credential"),
        ([RUN, INTENT, OUTCOME.replace("}", ',"failure":"bored"}')], 3, "'bored' is no way in which a call can fail"),
        ([RUN, INTENT.replace('"url":"u",', "")], 2, "'url' is missing"),
        ([RUN, INTENT.replace("1.0", "NaN")], 2, "nan is no moment"),
        ([RUN, '{"kind":"mark","mark":"play","data":3}'], 2, "data is no object"),
        ([RUN, "[" * 100_000], 2, "this is no record of a journal"),
    ],
)
def test_what_is_no_journal_is_refused_with_its_line(tmp_path: Path, lines: list[str], where: int, what: str) -> None:
    path = tmp_path / "j"
    path.write_text("".join(f"{line}\n" for line in lines))
    with pytest.raises(JournalError, match=f"j, line {where}: .*{what}"):
        read_journal(path)


def test_a_journal_is_never_written_over(tmp_path: Path) -> None:
    Journal(tmp_path / "j").close()
    with pytest.raises(JournalError, match="cannot be opened for writing: File exists"):
        Journal(tmp_path / "j")


def test_a_full_disk_is_said_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path / "j")

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(JournalError, match="j: the journal cannot be written: No space left on device"):
            journal.run()
    journal.close()
    journal.close()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="none: the journal cannot be read: No such file"):
        read_journal(tmp_path / "none")


def test_lines_are_plain_json(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.run()
        write(journal, *HISTORY)
    assert [json.loads(line)["kind"] for line in (tmp_path / "j").read_text("ascii").splitlines()] == (
        ["run", *["intent", "outcome"] * 5]
    )
