"""Find the statements of our own code, and the cost of each: its plan, and how much of the database it reads."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from chassis.database import PLANS

PACKAGES = ("chassis", "router", "sla_monitor", "intake_sms", "intake_social", "intake_web", "intake", "unit_desk")
_VERB = re.compile(
    r"\s*(WITH\s.+?\b(SELECT|INSERT|UPDATE|DELETE)\b|SELECT|INSERT INTO|UPDATE|DELETE FROM)\s", re.DOTALL
)


def _modules() -> Iterator[str]:
    for package in PACKAGES:
        yield package
        for found in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if not found.name.endswith("__main__"):
                yield found.name


def named() -> dict[str, str]:
    """Return all SQL constants of our modules, by ``module.NAME``."""
    found = {}
    for module in _modules():
        for name, value in vars(importlib.import_module(module)).items():
            if isinstance(value, str) and name.isupper() and _VERB.match(value):
                found[f"{module}.{name}"] = value
    return found


def unnamed() -> list[str]:
    """List the places of SQL that is not a constant of its module, as ``file:line``."""
    found = []
    for module in _modules():
        path = Path(str(importlib.import_module(module).__file__))
        tree = ast.parse(path.read_text())
        constants = {id(part) for each in tree.body if isinstance(each, ast.Assign) for part in ast.walk(each)}
        found += [
            f"{module}:{node.lineno}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and id(node) not in constants and _VERB.match(str(node.value))
        ]
    return found


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The reads of one execution: pages, rows of tables (including those read by its triggers), and whole tables."""

    pages: int
    rows: int
    whole: frozenset[str]
    plan: str


class Prepared:
    """Statements of one connection. Their plans are made when they are prepared, and stay as PostgreSQL keeps them."""

    def __init__(self, dsn: str, statements: Sequence[str]) -> None:
        self.db = psycopg.connect(dsn, autocommit=True)
        for name, value in {**PLANS, "plan_cache_mode": "force_generic_plan", "statement_timeout": "20 s"}.items():
            self.db.execute("SELECT set_config(%s, %s, false)", (name, value))
        self.names = {statement: f"s{n}" for n, statement in enumerate(statements)}
        for statement, name in self.names.items():
            first, *others = statement.split("%s")
            numbered = first + "".join(f"${n}{text}" for n, text in enumerate(others, start=1))
            self.db.execute(f"PREPARE {name} AS {numbered}".encode())

    def cost(self, statement: str, values: tuple[Any, ...]) -> Cost:
        """Execute ``statement`` with ``values`` and roll it back."""
        call = sql.SQL("EXECUTE {}").format(sql.SQL(self.names[statement]))
        if values:
            call += sql.SQL("({})").format(sql.SQL(", ").join(map(sql.Literal, values)))
        with self.db.transaction(force_rollback=True):
            before = self._read()  # these counters include earlier work
            (explained,) = self.db.execute(sql.SQL("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ") + call).fetchone() or ()
            read = {
                table: [now - then for now, then in zip(counts, before[table], strict=True)]
                for table, counts in self._read().items()
            }
        plan = explained[0]["Plan"]
        return Cost(
            pages=plan["Shared Hit Blocks"] + plan["Shared Read Blocks"],
            rows=sum(map(sum, read.values())),
            whole=frozenset(table for table, (whole, _) in read.items() if whole > 500),
            plan=" / ".join(_nodes(plan)),
        )

    def _read(self) -> dict[str, list[int]]:
        """Return the rows of each table that this transaction read: by scans of the whole table, and by an index."""
        counts = "SELECT relname, coalesce(seq_tup_read, 0), coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables"
        return {table: list(read) for table, *read in self.db.execute(counts)}


def _nodes(plan: dict[str, Any]) -> Iterator[str]:
    yield f"{plan['Node Type']} {plan.get('Index Name') or plan.get('Relation Name', '')}".strip()
    for each in plan.get("Plans", ()):
        yield from _nodes(each)
