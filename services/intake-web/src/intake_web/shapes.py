"""Input and output types of the public API: the source of its OpenAPI document."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from contracts.events import Position
from contracts.vocabulary import ComplaintType, FollowUpKind, MarkReason, Right, Status, UpdateKind
from intake.contacts import Medium
from intake_web.browsing import MOST_ROWS
from intake_web.domain import MAX_FOLLOW_UP, MAX_TEXT
from intake_web.photos import MAX_FILES
from intake_web.similar import MOST

Time = Annotated[datetime, Meta(tz=True)]
Ticket = Annotated[str, Meta(pattern=r"^SPG-[0-9A-Z]{4}-[0-9A-Z]{5}$", examples=["SPG-W0AB-12CDS"])]
Channel = Annotated[Literal["web", "loket"], Meta(description="loket: brought to a counter; only with its key.")]
UploadId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{22}$")]
Uploads = Annotated[list[UploadId], Meta(max_length=MAX_FILES, description="Photos and videos uploaded before.")]
Month = Annotated[str, Meta(pattern=r"^2\d{3}-(0[1-9]|1[0-2])$", examples=["2026-11"])]


class ComplaintIn(Struct, kw_only=True):
    """A complaint to submit."""

    text: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT, description="What happened, where, since when.")]
    name: Annotated[str, Meta(max_length=200)] | None = None
    phone: Annotated[str, Meta(max_length=40)] | None = None
    email: Annotated[str, Meta(max_length=254)] | None = None
    place: Annotated[str, Meta(max_length=500)] | None = None
    position: Annotated[Position, Meta(description="The point, where its sender wants that.")] | None = None
    occurred: Annotated[str, Meta(max_length=200, description="When, in words.")] | None = None
    kind: Annotated[ComplaintType, Meta(description="What its sender takes it for.")] | None = None
    category: Annotated[str | None, Meta(description="What its sender chose it to be about: a hint.")] = None
    anonim: Annotated[bool, Meta(description="Keep nothing of who sent it.")] = False
    rahasia: Annotated[bool, Meta(description="Confidential: only who handles it reads it.")] = False
    uploads: Uploads = []
    channel: Channel = "web"


class UploadBegun(Struct, kw_only=True):
    """An upload was created: send the photo or video in one piece or several."""

    id: UploadId


class UploadState(Struct, kw_only=True):
    """The progress of an upload."""

    id: UploadId
    state: Literal["coming", "ready", "refused"]
    received: Annotated[int, Meta(ge=0)]
    length: Annotated[int, Meta(ge=0)]
    detail: Annotated[str, Meta(description="Why it is refused.")] | UnsetType = UNSET


class HintIn(Struct, kw_only=True):
    """A text that is not sent yet, and its writer's other input so far."""

    text: Annotated[str, Meta(max_length=MAX_TEXT)]
    place: Annotated[str, Meta(max_length=500)] | None = None
    category: Annotated[str, Meta(max_length=100)] | None = None


class FollowUpIn(Struct, kw_only=True):
    """Something that the reporter adds to a complaint."""

    kind: FollowUpKind
    text: Annotated[str, Meta(max_length=MAX_FOLLOW_UP, description="Required of an addition.")] | None = None
    rating: Annotated[int, Meta(ge=1, le=5, description="Required of a rating.")] | None = None
    reasons: Annotated[
        list[MarkReason], Meta(description="Why that rating; those that don't fit it are left out.")
    ] = []
    right: Annotated[Right, Meta(description="Required of a rights_request.")] | None = None
    uploads: Uploads = []


class Call(Struct, kw_only=True):
    """Whom to call."""

    number: str
    name: str
    text: str


class Danger(Struct, kw_only=True):
    """The text tells of danger to life: show ``text`` before anything else."""

    text: str
    call: list[Call]


class Receipt(Struct, kw_only=True):
    """The complaint is stored durably."""

    ticket: Ticket
    complaint_id: str
    received_at: Time
    status_url: str
    tracking_url: str
    danger: Danger | UnsetType = UNSET
    question: Annotated[str, Meta(description="Where it is: ask it, and add the answer.")] | UnsetType = UNSET
    access_code: (
        Annotated[str, Meta(description="Opens it on any device: for the receipt. Only to a counter.")] | UnsetType
    ) = UNSET
    told_by: (
        Annotated[list[Medium], Meta(description="By what its citizen is told. Only to a counter.")] | UnsetType
    ) = UNSET


class Added(Struct, kw_only=True):
    """The addition is stored; as complaint ``apart``, if it may accuse whoever handles this one."""

    ticket: Ticket
    id: str
    apart: Ticket | UnsetType = UNSET


class Listed(Struct, kw_only=True):
    """A complaint of the public list, without anybody's words."""

    ticket: Ticket
    status: Status
    status_text: str
    open: bool
    category: str | None
    category_name: str | None
    kecamatan: str | None
    desa: str | None
    unit: str | None
    unit_name: str | None
    received_at: Time
    due_at: Time | None
    answered_at: Time | None
    late: bool
    supporters: Annotated[int, Meta(ge=0)]


class Suggested(Struct, kw_only=True):
    """A category that the text is likely about."""

    code: str
    name: str


class Hints(Struct, kw_only=True):
    """Hints on the text; empty if it can't be accepted. ``similar`` complaints may be the same, the likeliest first."""

    danger: Danger | UnsetType = UNSET
    stop: Annotated[bool, Meta(description="It is danger for certain: say whom to call before anything else.")] = False
    place_missing: Annotated[bool, Meta(description="It says not where.")] = False
    time_missing: Annotated[bool, Meta(description="It says not when.")] = False
    category: Suggested | UnsetType = UNSET
    likely_kind: Annotated[ComplaintType | UnsetType, Meta(description="By its words alone.")] = UNSET
    similar: Annotated[list[Listed], Meta(max_length=MOST)] = []


class Page(Struct, kw_only=True):
    """A page of the list, the newest first, and the address of the next."""

    complaints: Annotated[list[Listed], Meta(max_length=MOST_ROWS)]
    next: str | None


class FigureRow(Struct, kw_only=True):
    """The counts of one month, kind and code."""

    month: Month
    kind: Literal["all", "unit", "category", "kecamatan"]
    code: str
    received: int
    open: int
    answered: int
    resolved: int
    in_time: int
    late: int
    rated: int
    satisfied: int


class FiguresOut(Struct, kw_only=True):
    """Figures by month."""

    figures: list[FigureRow]


class Day(Struct, kw_only=True):
    """A day in the derivation of the due date."""

    date: str
    counted: bool
    reason: str


class StepOut(Struct, kw_only=True):
    """A step of the story."""

    kind: UpdateKind
    at: Time
    text: str


class HistoryStep(Struct, kw_only=True):
    """A step of the history."""

    seq: Annotated[int, Meta(ge=0)]
    kind: UpdateKind
    at: Time
    unit: str | None
    text: str


class Helping(Struct, kw_only=True):
    """A unit that helps."""

    unit: str
    name: str


class Target(Struct, kw_only=True):
    """The office outside that it was handed over to."""

    name: str
    contact: str | None


class Answer(Struct, kw_only=True):
    """The last word on its state, by the unit or by the office outside that has it: that office has no code."""

    unit: str | None
    unit_name: str
    text: str
    at: Time
    final: bool


class Proof(Struct, kw_only=True):
    """A file that a unit keeps at another site."""

    url: str
    host: str
    media_type: str
    bytes: Annotated[int, Meta(ge=0)]
    text: str


class Attached(Struct, kw_only=True):
    """A photo that the reporter attached."""

    url: str
    media_type: str
    bytes: Annotated[int, Meta(ge=0)]


class Complaint(Struct, kw_only=True):
    """The state of a complaint. Strangers get only the required fields of a confidential one."""

    ticket: Ticket
    status: Status
    status_text: str
    open: bool
    rahasia: bool
    deadline_at: Time | None
    deadline_text: str | None
    paused: bool
    breached: bool
    unit: str | UnsetType | None = UNSET
    unit_name: str | UnsetType | None = UNSET
    received_at: Time | UnsetType | None = UNSET
    reporters: int | UnsetType = UNSET
    supporters: Annotated[int, Meta(ge=0, description="How many others said to have it too.")] | UnsetType = UNSET
    derivation: list[Day] | UnsetType = UNSET
    steps: Annotated[list[StepOut], Meta(description="History and clock, in their order.")] | UnsetType = UNSET
    history: Annotated[list[HistoryStep], Meta(description="Without the clock.")] | UnsetType = UNSET
    being_sorted: Annotated[bool, Meta(description="The unit only looks for the right one.")] | UnsetType = UNSET
    support: list[Helping] | UnsetType = UNSET
    parent: Annotated[Ticket | None, Meta(description="What it was merged into.")] | UnsetType = UNSET
    handed_to: Target | UnsetType | None = UNSET
    said: Answer | UnsetType | None = UNSET
    evidence: Annotated[list[Proof], Meta(description="What the unit shows of its work.")] | UnsetType = UNSET
    reopen_until: Time | UnsetType | None = UNSET
    attached: Annotated[list[Attached], Meta(description="Its reporter's photos, for them alone.")] | UnsetType = UNSET


class FieldProblem(Struct, kw_only=True):
    """The correction that one field needs."""

    field: str
    detail: str


class ProblemOut(Struct, kw_only=True):
    """The error, as an RFC 9457 problem document."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] | UnsetType = UNSET
