"""What the public API takes and gives, as types: the source of its OpenAPI document."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from contracts.vocabulary import ComplaintType, FollowUpKind, Right, Status, UpdateKind
from intake_web.browsing import MOST_ROWS
from intake_web.domain import MAX_FOLLOW_UP, MAX_TEXT

Time = Annotated[datetime, Meta(tz=True)]
Ticket = Annotated[str, Meta(pattern=r"^SPG-[0-9A-Z]{4}-[0-9A-Z]{5}$", examples=["SPG-W0AB-12CDS"])]
Month = Annotated[str, Meta(pattern=r"^2\d{3}-(0[1-9]|1[0-2])$", examples=["2026-11"])]


class ComplaintIn(Struct, kw_only=True):
    """A complaint to take."""

    text: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT, description="What happened, where, since when.")]
    name: Annotated[str, Meta(max_length=200)] | None = None
    phone: Annotated[str, Meta(max_length=40)] | None = None
    email: Annotated[str, Meta(max_length=254)] | None = None
    place: Annotated[str, Meta(max_length=500)] | None = None
    occurred: Annotated[str, Meta(max_length=200, description="When, in words.")] | None = None
    kind: Annotated[ComplaintType, Meta(description="What its sender takes it for.")] | None = None
    anonim: Annotated[bool, Meta(description="Keep nothing of who sent it.")] = False
    rahasia: Annotated[bool, Meta(description="Confidential: only who handles it reads it.")] = False


class FollowUpIn(Struct, kw_only=True):
    """Something its reporter adds to a complaint."""

    kind: FollowUpKind
    text: Annotated[str, Meta(max_length=MAX_FOLLOW_UP, description="Required of an addition.")] | None = None
    rating: Annotated[int, Meta(ge=1, le=5, description="Required of a rating.")] | None = None
    right: Annotated[Right, Meta(description="Required of a rights_request.")] | None = None


class Call(Struct, kw_only=True):
    """Whom to call."""

    number: str
    name: str
    text: str


class Danger(Struct, kw_only=True):
    """Its words tell of danger to life: say ``text`` first, before anything else."""

    text: str
    call: list[Call]


class Receipt(Struct, kw_only=True):
    """It is stored, and will not be lost."""

    ticket: Ticket
    complaint_id: str
    received_at: Time
    status_url: str
    tracking_url: str
    danger: Danger | UnsetType = UNSET
    question: Annotated[str, Meta(description="Where it is: ask it, and add the answer.")] | UnsetType = UNSET


class Added(Struct, kw_only=True):
    """It is stored with the complaint."""

    ticket: Ticket
    id: str


class Listed(Struct, kw_only=True):
    """A complaint of the public list: nothing in it is anybody's words."""

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


class Page(Struct, kw_only=True):
    """A page of the list, the newest first, and the address of the next."""

    complaints: Annotated[list[Listed], Meta(max_length=MOST_ROWS)]
    next: str | None


class FigureRow(Struct, kw_only=True):
    """How many complaints of one month there are, of one kind and code."""

    month: Month
    kind: Literal["all", "unit", "category", "kecamatan"]
    code: str
    received: int
    open: int
    answered: int
    in_time: int
    late: int
    rated: int
    satisfied: int


class FiguresOut(Struct, kw_only=True):
    """Figures by month."""

    figures: list[FigureRow]


class Day(Struct, kw_only=True):
    """A day of how the due date was counted."""

    date: str
    counted: bool
    reason: str


class StepOut(Struct, kw_only=True):
    """A step of the story."""

    kind: UpdateKind
    at: Time
    text: str


class Complaint(Struct, kw_only=True):
    """How a complaint stands. Of a confidential one a stranger gets the fields that are required, and no more."""

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
    derivation: list[Day] | UnsetType = UNSET
    steps: list[StepOut] | UnsetType = UNSET


class FieldProblem(Struct, kw_only=True):
    """What to mend in one field."""

    field: str
    detail: str


class ProblemOut(Struct, kw_only=True):
    """What is wrong, as RFC 9457 says."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] | UnsetType = UNSET
