"""The gateway's reports on whether an SMS that it took was delivered. A report may be late, or come twice."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from chassis.database import Pool
from intake import metrics
from intake.notices import Notice


class ReportState(StrEnum):
    """The state of an SMS, in order of progress; the last three are final."""

    QUEUED = "queued"  # the gateway has it
    ACCEPTED = "accepted"  # the operator's centre has it
    DELIVERED = "delivered"
    FAILED = "failed"
    REJECTED = "rejected"


@dataclass(frozen=True, kw_only=True)
class Report:
    """A report on the SMS with our id ``own_id``; ``detail`` is the gateway's own word for it, a code or two."""

    own_id: str
    state: ReportState
    detail: str = ""


# The first of several final reports counts. A delivered notice is not sent again; an undelivered one goes to an
# operator.
_REPORTED = """
UPDATE notices SET report = $3, reported_at = now(), sent_at = coalesce(sent_at, now()),
    state = CASE WHEN $3 IN ('failed', 'rejected') THEN 'refused' ELSE 'sent' END,
    detail = CASE WHEN $3 IN ('failed', 'rejected') THEN $4 END,
    address = CASE WHEN forget THEN '' ELSE address END, thread = CASE WHEN NOT forget THEN thread END
WHERE id = $1 AND round = $2 AND began_at IS NOT NULL AND state IN ('pending', 'sent', 'unknown')
  AND (report IS NULL OR (report = 'queued' AND $3 <> 'queued') OR (report = 'accepted' AND $5))
RETURNING true"""


def own_id(notice: Notice) -> str:
    """Return our id of ``notice`` at a gateway; after a resend by hand it is another one."""
    return f"{notice.id}-{notice.round}"


async def note_report(pool: Pool, channel: str, report: Report) -> bool:
    """Store ``report``. Return False if it brings nothing new or its notice is unknown: reports come late and twice.

    Raises:
        asyncpg.PostgresError, OSError: not stored; let the gateway bring it again.
    """
    found = re.fullmatch(r"(\d{1,18})-(\d{1,9})", report.own_id, re.ASCII)
    detail = f"{report.state} {report.detail}".strip()[:200]
    final = report.state not in (ReportState.QUEUED, ReportState.ACCEPTED)
    new = found and await pool.fetchval(_REPORTED, int(found[1]), int(found[2]), report.state, detail, final)
    metrics.REPORTS.labels(channel, report.state if new else "known").inc()
    return bool(new)
