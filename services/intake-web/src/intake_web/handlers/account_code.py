"""The page where codes are typed, for every purpose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Redirect, Template

from intake.texts import Texts
from intake_web.account import TRIES, Kind, Reached, Sent, Verdict, read_code, verdict_of
from intake_web.handlers.account import attempt_of, begin, signed_in
from intake_web.handlers.account_data import finish
from intake_web.handlers.api import Visiting, Words
from intake_web.handlers.forms import read_form
from intake_web.handlers.problems import problem_of
from intake_web.handlers.visit import Visit
from intake_web.limits import Limited


@get("/akun/kode")
async def code_form(visit: Visiting, texts: Words) -> Response[Any]:
    """Show the page where the code is typed."""
    sent = await visit.store.accounts.sent(attempt_of(visit))
    return _past(sent) or _page(sent, {}, texts)


def _past(sent: list[Sent]) -> Redirect | None:
    """Return where to go on when no code is pending: it was never requested, or was typed already."""
    if sent and not all(each.used for each in sent):
        return None
    if not sent:
        return Redirect("/akun", status_code=303)
    return Redirect("/akun/setuju" if sent[0].kind == Kind.ENTER else "/akun/data", status_code=303)


def _page(sent: list[Sent], problems: Mapping[str, str], texts: Texts, status: int = 200) -> Template:
    """Render the page that asks for the codes ``sent``, or offers new ones if these are void."""
    over = verdict_of(sent)
    problems = {**problems, **({"form": texts.account[f"code_{over}"]} if over else {})}
    context = {"sent": sent, "problems": problems, "over": over, "purpose": sent[-1].kind if sent else Kind.ENTER}
    return Template("akun-kode.html", context=context, status_code=status)


@post("/akun/kode", status_code=303)
async def show_code(request: Request[Any, Any, Any], visit: Visiting, texts: Words) -> Response[Any]:
    """Check the typed codes, or send new ones; then go on with the action that needs them."""
    typed = (await read_form(request, visit)).typed
    attempt = attempt_of(visit)
    sent = await visit.store.accounts.sent(attempt)
    if past := _past(sent):
        return past
    try:
        if "again" in typed:
            return await _again(visit, sent)
        visit.guard.may_try_account_code(visit.client)
    except Limited as error:
        problem = problem_of(error)
        page = _page(sent, {"form": problem.detail(texts)}, texts, problem.status)
        page.headers |= problem.headers
        return page
    codes = {each.kind: read_code(typed.get(f"code-{each.kind}")) for each in sent}
    if unread := [kind for kind, code in codes.items() if code is None]:
        return _page(sent, {f"code-{kind}": texts.account["code_unread"] for kind in unread}, texts, 400)
    verdict, wrong = await visit.store.accounts.try_codes(attempt, {k: code for k, code in codes.items() if code})
    if verdict != Verdict.RIGHT:
        visit.guard.tried_wrong_account_code(visit.client)
        sent = await visit.store.accounts.sent(attempt)
        left = TRIES - max((each.tries for each in sent), default=0)
        problems = {f"code-{kind}": texts.account["code_wrong"].format(left=left) for kind in wrong}
        return _page(sent, problems, texts, 400)
    if sent[0].kind != Kind.ENTER:
        return await finish(visit, attempt, texts)
    token = await visit.store.accounts.enter(attempt)
    return signed_in(visit.settings, token) if token else Redirect("/akun/setuju", status_code=303)


async def _again(visit: Visit, sent: list[Sent]) -> Redirect:
    to = [(Kind(each.kind), Reached(medium=each.medium, address=each.address)) for each in sent]
    return await begin(visit, to, sent[0].account_id, also=sent[0].also)


HANDLERS = (code_form, show_code)
