"""Reads ``texts.yaml``: the texts for citizens, with the placeholders that the services fill."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping

from msgspec import defstruct

from contracts.sentences import DAY_CODES, SENTENCE_CODES
from contracts.vocabulary import CLOCK_KINDS, FINAL, DangerKind, FollowUpKind, MarkReason, Note, Status, UpdateKind
from kabupaten.problems import Problem, refuse
from kabupaten.promises import NEXT_STEP, TERMS
from kabupaten.references import texts_at
from kabupaten.source import Source
from kabupaten.validate import Words, mistakes

#: Each section by its name, and in it each text by its key.
Texts = Mapping[str, Mapping[str, str]]

_STEP = frozenset({"ticket", "unit", "support", "message", "reason", "target", "contact", "parent", "status"})
_TICKET, _DUE, _CLOCK = frozenset({"ticket"}), frozenset({"ticket", "due"}), frozenset({"due", "unit"})
_DAY = frozenset({"n", "called", "weekday", "hours", "minutes"})
_TERMS, _NEXT_STEP = frozenset(TERMS), frozenset({NEXT_STEP})
#: Problems that the website reports, each with a title.
_WEB_PROBLEMS = (
    *("invalid_fields", "unknown_complaint", "cross_site", "bad_request", "not_found", "method_not_allowed"),
    *("too_large", "bad_json", "no_object", "key_reused", "finished", "unavailable", "not_shown", "internal"),
    *("photo_refused", "photos_full", "upload_unknown", "upload_empty", "upload_content_type", "upload_offset"),
    *("upload_checksum", "upload_attached", "tus_version", "link_damaged", "link_expired"),
    *("link_gone", "key_unknown", "key_expired", "key_revoked", "key_not_allowed"),
)
#: Texts about citizens' attachments.
_EVIDENCE: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        (
            *(
                "photo_hint",
                "photos_seen",
                "photo_pixels",
                "photo_kind",
                "photo_video",
                "video_hint",
                "video_long",
                "video_unreadable",
                "video_making",
                "photo_unreadable",
            ),
            *("photo_no_room", "photo_too_often", "upload_unfinished", "upload_taken", "uploads_list"),
            *("upload_number", "upload_hash", "upload_too_long", "upload_piece_title", "link_not_yours_title"),
            *("photo_preparing", "photo_waiting", "photo_ready", "photo_unkept", "photo_place", "photo_place_used"),
            *("photos_first", "photos_failed"),
        ),
        frozenset[str](),
    ),
    **dict.fromkeys(("photos_too_many", "photo_too_large", "photos_most"), frozenset({"most"})),
    **dict.fromkeys(("photo_sending", "photo_cut"), frozenset({"percent"})),
    **dict.fromkeys(("photos_kept", "draft_photos"), frozenset({"count"})),
    "upload_piece": frozenset({"least"}),
    "photo_removed": frozenset({"n"}),
    "photos_left": frozenset({"left"}),
    "draft_photo": frozenset({"n", "all"}),
    "link_not_yours": frozenset({"unit", "ticket"}),
}
#: Texts of every channel that answers by messages.
_BY_MESSAGE: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("receipt", "receipt_sorted", "rahasia", "anonim", "not_yours"), _TICKET),
    **dict.fromkeys(("answer_how", "judge_how", "reopen_how", "appeal_how"), _TICKET),
    "receipt_routed": _TICKET | {"unit"},
    "apart": _TICKET | {"parent"},
    "apart_routed": _TICKET | {"parent", "unit"},
    "still_asked": _TICKET,
    "receipt_begun": frozenset(),
    "correction": _DUE,
    "apology": _DUE | {"unit"} | _NEXT_STEP,
    "help": _TICKET | _TERMS,
}
#: Attachments of a message that are not taken.
NOT_TAKEN = ("document", "voice", "sticker", "video", "other")
#: Explanations of the columns of open data, by their names.
_COLUMNS = (
    *("ticket", "status", "status_text", "open", "category", "category_name", "kecamatan", "desa", "unit", "unit_name"),
    *("received_at", "due_at", "answered_at", "late", "supporters"),
    *("month", "kind", "code", "received", "answered", "resolved", "in_time", "rated", "satisfied"),
)
#: Notes that are told to nobody, or have the words of their subject.
_UNTOLD = frozenset({Note.DEADLINE, Note.SUPPORTED, Note.HELP_ASKED})
_SUBJECT = _TICKET | {"unit", "parent"}
#: The keys of each section, and the placeholders that each may have.
PLACEHOLDERS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "statuses": dict.fromkeys((status for status in Status if status != Status.UNMERGED), frozenset[str]()),
    # The reporter's version of texts that everybody else reads.
    "own": {
        **dict.fromkeys((Status.WAITING_FOR_REPORTER, "web_paused", "web_merged"), frozenset[str]()),
        "due_paused": frozenset({"due"}),
    },
    "now": dict.fromkeys(
        (*(status for status in Status if status != Status.UNMERGED), "sorted", Note.TO_CONFIRM),
        frozenset({"unit", "parent", "target"}),
    ),
    "changes": {
        **dict.fromkeys((kind for kind in UpdateKind if kind not in CLOCK_KINDS), _STEP),
        **dict.fromkeys((UpdateKind.WAITING_FOR_REPORTER, UpdateKind.RESOLVED), _STEP | {"how"}),
        UpdateKind.APPEALED: _STEP | _TERMS,
    },
    # The version for others than the reporter, whom the text under `changes` addresses.
    "to_others": dict.fromkeys(
        (UpdateKind.IN_PROGRESS, UpdateKind.REOPENED, UpdateKind.CLOSED, UpdateKind.CANCELLED, UpdateKind.APPEALED),
        frozenset({"unit", "message"}),
    ),
    "notes": {
        **dict.fromkeys((note for note in Note if note not in _UNTOLD), _STEP | _TERMS),
        Note.TO_CONFIRM: _STEP | _TERMS | {"how"},
    },
    "clock": {
        **dict.fromkeys(
            (
                *("head", "retracted", "not_escalated"),
                *("paused", "answer_by", "judge_by", "resumed", "rescheduled", "moved"),
            ),
            _CLOCK,
        ),
        **dict.fromkeys((UpdateKind.BREACHED, "rights_late"), _CLOCK | _NEXT_STEP),
        UpdateKind.ESCALATED: _CLOCK | {"to"},
    },
    "codes": {
        **dict.fromkeys(SENTENCE_CODES, frozenset[str]()),
        **dict.fromkeys(("parent_due", "parent_late"), frozenset({"due"})),
        **dict.fromkeys(("ended", "cancel_ended"), frozenset({"ended"})),
        "cancel_merged": frozenset({"parent"}),
        **dict.fromkeys(("rated_resolved", "passed_on_resolved"), frozenset({"how"})),
        "rated_bad": frozenset({"how", "appeal_how"}),
        "appeal_mark": frozenset({"appeal_how"}),
    },
    "ended": dict.fromkeys((*sorted(FINAL), Status.RESOLVED), frozenset[str]()),
    "parts": {
        "support": frozenset({"support"}),
        "contact": frozenset({"target", "contact"}),
        "nobody": frozenset(),
        "sorted": _TICKET,
        **dict.fromkeys(("how_it_is", "how_it_is_despair"), frozenset({"ticket", "status"})),
        "due": frozenset({"due"}),
        "due_missed": frozenset({"due"}),
        "due_paused": frozenset({"due"}),
        "due_at_parent": frozenset({"parent"}),
        "more_time": frozenset({"reason", "day"}),
        "next_step": frozenset(),
    },
    "answers": {
        **dict.fromkeys(("which", "own"), frozenset({"list"})),
        **dict.fromkeys(("added", "added_resolved", "sure"), _TICKET),
        **dict.fromkeys(("stopped", "courtesy", "ask_where"), frozenset[str]()),
        **dict.fromkeys(("unknown_ticket", "bad_ticket", "bad_rating", "early", "over", "empty", "too_many"), _TICKET),
        "too_long": frozenset({"length", "most"}),
    },
    "danger": {
        **dict.fromkeys((*DangerKind, "unsure", "brief_call"), frozenset({"call"})),
        **dict.fromkeys(("taken", "taken_despair", "brief_taken", "brief_taken_despair"), _TICKET),
        **dict.fromkeys(("again", "again_despair", "added_despair"), _TICKET),
        **dict.fromkeys(("brief_added", "brief_added_resolved"), _TICKET),
        **dict.fromkeys(("form", "where", "brief_rahasia", "brief_anonim"), frozenset[str]()),
    },
    "sms": {
        **_BY_MESSAGE,
        **dict.fromkeys(("check", "later", "where"), _TICKET),
        **dict.fromkeys(("more", "last"), frozenset({"where"})),
        "format": frozenset({"emergency"}),
    },
    "social": {
        **_BY_MESSAGE,
        **dict.fromkeys(("nth_step", "nth_answer"), frozenset({"n"})),
        "page": frozenset({"where"}),
        "quoting": frozenset({"text", "quoted"}),
        "later": frozenset(),
        **dict.fromkeys(("private", "personal"), _TICKET),
        "not_taken": frozenset({"taken", "what"}),
        **dict.fromkeys((f"taken_{what}" for what in ("words", "photos", "videos")), frozenset[str]()),
        **dict.fromkeys((f"not_taken_{what}" for what in NOT_TAKEN), frozenset[str]()),
    },
    # The website's e-mails and SMS to people who left a contact; {page}, {link} and {stop} are addresses.
    "news": {
        **{
            name: names for name, names in _BY_MESSAGE.items() if name not in ("rahasia", "anonim", "not_yours", "help")
        },
        **dict.fromkeys((f"subject_{kind}" for kind in UpdateKind if kind not in CLOCK_KINDS), _SUBJECT),
        **dict.fromkeys((f"subject_{name}" for name in ("receipt", "danger", "sorted", "hidden")), _SUBJECT),
        **dict.fromkeys((f"subject_{name}" for name in ("deadline", "apology", "correction")), _SUBJECT),
        **dict.fromkeys(("ask_where", "mail_signed"), frozenset[str]()),
        **dict.fromkeys(("mail_hidden", "mail_why", "sms_hidden"), _TICKET),
        **dict.fromkeys(("mail_why_followed", "subject_followed"), _TICKET),
        **dict.fromkeys(("followed", "followed_step"), _TICKET | {"status"}),
        "mail_due": frozenset({"due"}),
        **dict.fromkeys(("mail_page", "sms_page", "last"), frozenset({"page"})),
        **dict.fromkeys(("mail_stop", "sms_stop"), frozenset({"stop"})),
        "mail_asks": frozenset({"yes"}),
        "mail_own": frozenset({"link", "days"}),
    },
    "days": {**dict.fromkeys(DAY_CODES, _DAY), "half": frozenset()},
    "web": {
        **dict.fromkeys(
            (
                # Mistakes in a field, …
                *("not_sent", "phone", "email", "no_text", "no_flag", "trap", "choose"),
                *("empty_addition", "bad_rating_number", "no_rating", "no_key", "bad_key", "bad_secret"),
                *("wrong_code", "no_reason", "no_number", "bad_number", "mistyped_number", "sent_before"),
                # … reasons for getting no answer, with their titles, …
                *(
                    "too_often_title",
                    "too_often_codes",
                    "too_often_misses",
                    "too_often_sent",
                    "too_often_account",
                    "again_soon",
                ),
                *("too_many_title", "refused_title", "stored_title"),
                *(f"{name}{part}" for name in _WEB_PROBLEMS for part in ("", "_title")),
                # … confirmations, …
                *("received", "received_despair", "received_apart", *(f"received_{kind}" for kind in FollowUpKind)),
                "then_apart",
                *(f"then_{kind}" for kind in FollowUpKind if kind != FollowUpKind.RIGHTS_REQUEST),
                # … and the words of the pages, …
                *("contact", "anonim", "rahasia", "opened", "elsewhere", "no_unit", "merged", "no_due", "paused"),
                *(
                    "answer_how",
                    "judge_how",
                    "reopen_how",
                    "appeal_how",
                    Status.HANDED_OVER,
                    "hidden",
                    "seen",
                    "seen_rahasia",
                    "sms_number",
                ),
                *("purpose", "told_head", "told_waiting", "told_none", "told_anonim", "stop_head", "begin_head"),
                *("image", "video", "audio", "file", "where", "where_hint", "no_complaint"),
                *("description", "sms_begins", "lost_number", "too_many_streams", "too_many_at_once"),
                *("next_unit", "next_work", "next_end", "nothing_to_do", "answered", "own_words"),
                *("other_channel", "reply_by_sms", "cancel_sure", "cancel_instead", "not_now"),
                # … among them the form, …
                *("example", "tell_what", "tell_where", "tell_when", "kind", "check", "stop", "stop_sent"),
                *("locate", "locating", "located", "not_located", "no_place", "no_time"),
                *("category", "category_open", "similar", "similar_same"),
                # … the drafts that a device keeps, and the code that opens a complaint elsewhere.
                *("draft_kept", "draft_found", "draft_forked", "draft_sent", "draft_waits", "draft_asks"),
                *("draft_later", "no_network", "offline_page", "unsent_page", "unsent"),
                *("draft_again", "offline", "offline_then", "device", "device_off", "no_drafts", "no_tickets"),
                *("code", "code_link", "open_code"),
            ),
            frozenset[str](),
        ),
        **dict.fromkeys(("keep", "keep_rahasia"), frozenset({"days"})),
        **dict.fromkeys(("rights", f"then_{FollowUpKind.RIGHTS_REQUEST}"), frozenset({"rights"})),
        **dict.fromkeys(("told_to", "told_failed", "told_stopped", "told_awaits_yes"), frozenset({"contact"})),
        **dict.fromkeys(("stop_ask", "stop_done", "stop_resumed", "begin_ask"), frozenset({"contact"})),
        "told_last": frozenset({"at"}),
        "promise": frozenset({"promise"}),
        **dict.fromkeys(("appeal_hint", "appeal_by"), frozenset({"appeal"})),
        "breached": _NEXT_STEP,
        **dict.fromkeys(("asks", "unit_said", "unit_says"), frozenset({"unit"})),
        **dict.fromkeys(("kept_days", "kept_years"), frozenset({"n"})),
        **dict.fromkeys(("rated", "rating_closes"), frozenset({"mark"})),
        "field_too_long": frozenset({"length", "most"}),
        "one_of": frozenset({"choices"}),
        **dict.fromkeys(("same_again", "stored"), _TICKET),
        "again_later": frozenset({"minutes"}),
        "village": frozenset({"kind", "village", "kecamatan"}),
        "only_kecamatan": frozenset({"kecamatan"}),
        "spot": frozenset({"metres"}),
        "reopen_until": frozenset({"due"}),
        "footer": frozenset({"number"}),
        **_EVIDENCE,
    },
    # The account of people who want to come back: its pages, and messages to its contacts.
    "account": {
        **dict.fromkeys(
            (
                *("consent", "consent_version", "enter", "nothing_needed", "on_its_way", "anonim", "empty", "add"),
                *("share", "export", "delete", "delete_also", "deleted", "deleted_also", "changed_by", "signed_out"),
                *("elsewhere", "agree_again", "form_kept", "keep", "name", "everywhere", "lost", "both"),
                *("bad_contact", "bad_contact_email", "bad_contact_sms", "code_unread", "code_expired", "code_spent"),
                *("not_agreed", "wrong_pair", "not_kept", "same_contact", "taken"),
                *("todo_answer", "todo_judge", "todo_place"),
                *("subject_code", "subject_changed", "told_changed"),
            ),
            frozenset[str](),
        ),
        **dict.fromkeys(("told_enter", "told_new", "told_own", "told_leave"), frozenset({"code", "minutes"})),
        "code_wrong": frozenset({"left"}),
        "mail_page": frozenset({"page"}),
        **dict.fromkeys(("delete_count", "deleted_left"), frozenset({"count"})),
    },
    "public": {
        **dict.fromkeys(
            (
                *(
                    "list",
                    "list_empty",
                    "list_none",
                    "list_end",
                    "supported",
                    "supported_told",
                    "support",
                    "follow",
                    "follow_limit",
                    "follow_empty",
                    "numbers",
                    "numbers_empty",
                    "map",
                    "league",
                ),
                *("open_data", "licence", "bad_cursor", "bad_month", "bad_months"),
                *(
                    "no_service",
                    "empty_description",
                    "open311_notice",
                    "open311_no_media",
                    "bad_moment",
                    "bad_position",
                ),
            ),
            frozenset[str](),
        ),
        "bad_limit": frozenset({"most"}),
        "category_guess": frozenset({"category"}),
        "kind_guess": frozenset({"kind"}),
        **dict.fromkeys(("supported_by", "list_found"), frozenset({"n"})),
    },
    # The slip printed at the counter for people who brought a complaint there.
    "counter": {
        **dict.fromkeys(("code", "scan", "untold", "by_email", "by_sms"), frozenset[str]()),
        "promise": frozenset({"promise"}),
        "follow": frozenset({"site"}),
        "follow_sms": frozenset({"number", "begins", "ticket"}),
        "told": frozenset({"how"}),
    },
    # Reasons for a mark, to choose from.
    "reasons": dict.fromkeys(MarkReason, frozenset[str]()),
    "columns": dict.fromkeys(_COLUMNS, frozenset[str]()),
}


_FILE = defstruct(
    "Texts",
    [
        (section, defstruct(section, [(str(key), Words) for key in texts], forbid_unknown_fields=True))
        for section, texts in PLACEHOLDERS.items()
    ],
    forbid_unknown_fields=True,
)


def read_texts(source: Source) -> dict[str, dict[str, str]]:
    """Read ``texts.yaml``: each section by its name, and in it each text by its key.

    Raises:
        RegionError: a text is missing or unknown, or has a placeholder that nobody fills; every mistake is named.
    """
    refuse([*mistakes(source, _FILE), *_placeholders(source)])
    return {section: dict(source.content[section]) for section in PLACEHOLDERS}


def _placeholders(source: Source) -> Iterator[Problem]:
    for where, text in texts_at(source.content, ("*", "*")):
        allowed = PLACEHOLDERS.get(str(where[0]), {}).get(str(where[-1]))
        if allowed is None:
            continue
        try:
            used = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
        except ValueError as error:
            yield source.wrong(where, str(error), "write placeholders as {ticket}")
            continue
        for name in used:
            if name not in allowed:
                names = ", ".join(f"{{{each}}}" for each in sorted(allowed)) or "none"
                yield source.wrong(where, f"nobody fills {{{name}}}", f"use {names}")
