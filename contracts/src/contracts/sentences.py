"""Names the sentences that steps of a story and days of a derivation carry; their words stand in ``texts.yaml``."""

from __future__ import annotations

from typing import Literal, get_args

SentenceCode = Literal[
    "passed_on",
    "passed_on_told",
    "passed_on_resolved",
    "answer_passed_on",
    "too_many_merged",
    "ended",
    "cancel_ended",
    "cancel_merged",
    "reopen_open",
    "appeal_open",
    "appeal_again",
    "appeal_mark",
    "rated",
    "rated_resolved",
    "rated_bad",
    "rated_closed",
    "rights_passed_on",
    "made_confidential",
    "erased",
    "lapsed",
    "confirmed",
    "answer_time_over",
    "question_time_over",
    "parent_due",
    "parent_late",
    "parent_paused",
]
SENTENCE_CODES: tuple[SentenceCode, ...] = get_args(SentenceCode)

#: Why a day counts on the way to a deadline, or does not.
DayCode = Literal[
    "working_day",
    "day",
    "working_time",
    "hours",
    "minutes",
    "seconds",
    "waiting",
    "waited",
    "waited_seconds",
    "start",
    "start_weekend",
    "start_holiday",
    "weekend",
    "holiday",
    "closed",
]
DAY_CODES: tuple[DayCode, ...] = get_args(DayCode)
