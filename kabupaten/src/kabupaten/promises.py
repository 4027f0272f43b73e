"""The promises that texts.yaml makes to citizens, taken from sla.yaml; a promise that sla.yaml breaks is a mistake."""

from __future__ import annotations

import string
from collections.abc import Iterator
from datetime import date
from typing import Any

from contracts.vocabulary import HEAD, StageName
from kabupaten.problems import Problem
from kabupaten.references import texts_at
from kabupaten.sla import Policy, Sla, Stage, Term
from kabupaten.source import Source

#: Placeholders that promise how long a stage takes, each with that stage.
TERMS: dict[str, str] = {"promise": StageName.COMPLETION, "rights": StageName.RIGHTS, "appeal": StageName.APPEAL}
#: The placeholder that promises who hears of a delay next.
NEXT_STEP = "next_step"
#: Texts about a stage of the triage unit, whose superior sla.yaml names; in all other texts the unit's head is told.
_OF_TRIAGE: dict[str, str] = {"rights_late": StageName.RIGHTS}


def promises_on(sla: Sla, day: date) -> dict[str, str]:
    """Return the words for each of ``TERMS`` on ``day`` whose stage the policy for new complaints has."""
    stages = sla.on(day).stages
    return {name: _in_words(stages[stage].term) for name, stage in TERMS.items() if stage in stages}


def _in_words(term: Term) -> str:
    """Write ``3 hari kerja``; hours that make whole days as the law counts them, ``3 x 24 jam``."""
    days, rest = divmod(term.amount, 24)
    return f"{days} x 24 jam" if term.unit == "hours" and days and not rest else term.in_words


def unkept(source: Source, sla: Sla) -> Iterator[Problem]:
    """Report each promise in texts.yaml, which is ``source``, that a policy for new complaints does not keep."""
    policies = [sla.policies[name] for name in sla.default if name in sla.policies]
    for where, text in texts_at(source.content, ("*", "*")):
        for name in {name for _, name, _, _ in string.Formatter().parse(text) if name}:
            for policy in policies:
                if name in TERMS:
                    problem = _of_term(policy, TERMS[name])
                elif name == NEXT_STEP:
                    problem = _of_ladder(policy, _OF_TRIAGE.get(str(where[-1])))
                else:
                    continue
                if problem:
                    remedy = f"take {{{name}}} out, or mend the policy {policy.name} in sla.yaml"
                    yield source.wrong(where, f"{{{name}}}: {problem}", remedy)


def _of_term(policy: Policy, name: str) -> str | None:
    stage: Any = policy.stages.get(name)
    if stage is None:
        return f"{policy.name} has no stage {name}"
    varied = [stage.varied(variant) for variant in stage.variants]
    if any(term != stage.term and not term.shorter(stage.term) for term in varied):
        return f"{policy.name} gives itself longer for some complaints (variants of {name})"
    return None


def _of_ladder(policy: Policy, of_triage: str | None) -> str | None:
    name = of_triage or StageName.COMPLETION
    stage: Stage | None = policy.stages.get(name)
    if stage is None or not stage.escalation:
        return f"{policy.name} tells nobody when {name} stays late (escalation)"
    if not of_triage and HEAD not in stage.escalation[0].to:
        return f"{policy.name} does not tell the unit's {HEAD} first when {name} stays late"
    return None
