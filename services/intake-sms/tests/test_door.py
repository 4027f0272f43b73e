from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import httpx
import pytest
from chassis.intake.accept import KeyReused, TextProblem
from intake_sms.adapters.door import door
from intake_sms.domain import Mo
from intake_sms.settings import SmsSettings

from conftest import TOKEN  # noqa
