"""Citizens, units and the triage unit: their next actions, drawn from the seed and their knowledge of complaints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from stdnum import luhn

from chassis.wire import Outgoing
from contracts import codec, topics
from contracts.events import ComplaintFollowedUp, ComplaintReceived, Data, FollowUp, UnitReplied
from contracts.ids import complaint_id
from contracts.ticket import ALPHABET, DOORS

if TYPE_CHECKING:
    from driver import World

    from router.case import Case

CHANNELS = {"sms": "intake-sms", "x": "intake-social", "web": "intake-web"}
#: The most complaints, few enough that people interact.
MOST = 7
ADMIN = "DISKOMINFO"
DEEDS = ["Pipa sudah diganti dan air mengalir lagi.", "Lubang jalan sudah ditambal kemarin."]
#: A unit's actions on a complaint, by its status; a repeated one is likelier.
BY_UNIT = {
    "routed": [
        "acknowledge",
        "acknowledge",
        "ask",
        "ask-help",
        "progress",
        "resolve",
        "return",
        "hand-over",
        "nothing",
    ],
    "acknowledged": ["progress", "ask", "ask", "ask-help", "resolve", "resolve", "return", "hand-over"],
    "in_progress": ["progress", "ask", "ask-help", "resolve", "resolve", "resolve", "return"],
}
BY_TRIAGE = ["dispose", "dispose", "dispose", "merge", "merge", "correct", "ask", "resolve", "reject", "nothing"]
FROM_ABOVE = ["reassign", "reassign", "instruct", "prioritize"]
BY_JUDGE = ["acknowledge", "acknowledge", "uphold", "uphold", "dismiss", "resolve", "nothing"]
BY_SECOND = ["confirm", "confirm", "confirm", "redo"]
BY_CITIZEN = {
    "waiting_for_reporter": ["addition", "addition", "addition", "cancel"],
    "resolved": ["reopen", "reopen", "rating", "addition", "appeal", "appeal"],
}
ANYTIME = ["addition", "cancel", "rating", "rights_request", "reopen", "appeal"]
FIRST_RESPONSES: dict[str, dict[str, Any]] = {
    "ask": {"message": "Di mana tepatnya?"},
    "progress": {"message": "Sedang dikerjakan."},
    "return": {"reason": "bukan kewenangan kami"},
    "hand-over": {"to": "PLN", "reason": "jaringan listrik milik PLN"},
    "reject": {"reason": "bukan laporan"},
    "correct": {"category": "air_bersih"},
    "dismiss": {"message": "Sudah sesuai."},
    "instruct": {"reason": "Selesaikan hari ini."},
    "undo": {"reason": "Salah nomor."},
    "redo": {"reason": "Belum bersih."},
    "rights-done": {"message": "Sudah dibatasi."},
}  # fmt: skip


class People:
    """Reporters and units in ``world``."""

    def __init__(self, world: World) -> None:
        self.world, self.rng, self.written = world, world.rng, 0
        self.added: dict[str, list[FollowUp]] = {}
        self.complaints: list[ComplaintReceived] = []
        self.replies: list[tuple[str, str]] = []

    def act(self) -> None:
        """Let somebody act, or nobody."""
        if len(self.complaints) < MOST and self.rng.random() < 0.12:
            self.complain()
        for case in list(self.world.router.states.values()):
            if case.received is None:
                continue
            if self.rng.random() < 0.05:
                self.answer(case)
            if self.rng.random() < (0.06 if case.status in BY_CITIZEN else 0.005):
                self.add(case)

    def complain(self) -> None:
        channel, n = self.rng.choice(list(CHANNELS)), len(self.complaints)
        body = f"{DOORS[channel]}{n:07d}"
        ticket = f"SPG-{body[:4]}-{body[4:]}{luhn.calc_check_digit(body, ALPHABET)}"
        received = ComplaintReceived(
            complaint_id=complaint_id(UUID(int=self.world.seed), channel=channel, gateway="driver", external_id=ticket),
            ticket=ticket,
            channel=channel,
            origin=CHANNELS[channel],
            text="Ada masalah.",
            received_at=self.world.now,
            reporter_ref="pelapor",
            rahasia=self.rng.random() < 0.1,
        )
        self.complaints.append(received)
        self.world.receipt(received.origin, ticket)
        self.write(topics.RECEIVED, received.complaint_id, received, f"complaint-{n}")

    def add(self, case: Case) -> None:
        """Let the reporter add something."""
        kind = self.rng.choice(BY_CITIZEN.get(case.status, ANYTIME))
        items = self.added.setdefault(case.ticket, [])
        if kind == "rights_request" and any(item.kind == kind for item in items[-2:]):
            kind = "addition"  # since promises are told apart by the second
        more: dict[str, Any] = {
            "rating": {"rating": self.rng.randint(1, 5)},
            "appeal": {"rating": self.rng.choice([1, 2, 2, 4])},
            "rights_request": {"right": "restriction"},
        }
        item = FollowUp(
            id=f"{case.ticket}-{len(items)}", kind=kind, at=self.world.now, text="Keterangan.", **more.get(kind, {})
        )
        items.append(item)
        assert case.received
        data = ComplaintFollowedUp(complaint_id=case.received.complaint_id, ticket=case.ticket, items=list(items))
        self.write(topics.FOLLOWED_UP, data.complaint_id, data, f"followed-{case.ticket}-{len(items)}")

    def answer(self, case: Case) -> None:
        """Let the complaint's unit or its superior act, or the triage unit with an action that only it may take."""
        if case.rights and self.rng.random() < 0.5:
            self.reply(ADMIN, case, "rights-done")
        elif case.status == "merged" and self.rng.random() < 0.3:
            self.reply(ADMIN, case, "unmerge")
        elif case.undo and self.rng.random() < 0.3:
            self.reply(self.rng.choice([case.undo.by, case.undo.by, ADMIN]), case, "undo")
        elif self.rng.random() < 0.1:
            self.reply(self.rng.choice([ADMIN, ADMIN, "SETDA", "BUPATI"]), case, self.rng.choice(FROM_ABOVE))
        elif case.unit and (actions := self.actions(case)):
            by = self.rng.choice([case.unit] * 5 + ["PDAM"]) if case.status in ("appealed", "resolved") else case.unit
            self.reply(by, case, self.rng.choice(actions))
        for helper in case.support:
            if self.rng.random() < 0.3:
                self.reply(helper.unit, case, self.rng.choice(["acknowledge", "progress", "resolve", "return"]))

    def actions(self, case: Case) -> list[str]:
        """List the actions open to the unit that has it."""
        if case.status == "appealed":
            return BY_JUDGE
        if case.status == "resolved" and case.to_confirm:
            return BY_SECOND
        return BY_TRIAGE if case.lane == "triage" and case.status in BY_UNIT else BY_UNIT.get(case.status, [])

    def reply(self, unit: str, case: Case, action: str) -> None:
        if action == "nothing":
            return
        words = FIRST_RESPONSES.get(action, {})
        if action == "resolve":
            words = {"message": self.rng.choice(DEEDS)}
        if action == "dispose":
            words = {"unit": self.rng.choice(["PDAM", "PUPR", "DLH"]), "support": self.rng.choice([[], [], ["DISHUB"]])}
        if action == "ask-help":
            words = {"unit": self.rng.choice(["PDAM", "DLH", "DISHUB"]), "reason": "Tutup keran induk."}
        if action == "reassign":
            words = {"unit": self.rng.choice(["PDAM", "PUPR", "DLH"]), "reason": "lebih tepat di sana"}
        if action == "prioritize":
            words = {"urgency": self.rng.choice(["rendah", "sedang", "tinggi", "darurat"]), "reason": "dinilai ulang"}
        if action == "uphold":
            words = {"reason": "Kerjakan lagi.", "unit": self.rng.choice(["", "", "DLH"])}
        if action == "merge":
            words = {"into": self.rng.choice(self.complaints).ticket}
        if action in ("resolve", "confirm"):
            words = {**words, "actor": self.rng.choice(["andi", "bau", "cia"])}
        data = UnitReplied(ticket=case.ticket, action=action, **words)
        self.replies.append((unit, f"reply-{len(self.replies)}"))
        self.write(topics.unit_replied(unit), unit, data, self.replies[-1][1])

    def write(self, topic: str, subject: str, data: Data, event_id: str) -> None:
        event = codec.envelope(data, event_id=event_id, source="/people", subject=subject, time=self.world.now)
        for _ in range(2 if self.rng.random() < 0.05 else 1):
            self.world.broker.write(Outgoing(topic, subject.encode(), codec.encode(event)), self.world.now)
