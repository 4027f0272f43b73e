"""One at a time, clients in turn, and a queue that no client can fill."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import pytest

from intake.turns import TooManyWait, Turns
from testing.waiting import finish, within


class Line:
    """A queue of clients; ``inside`` lists those admitted so far; they stay until ``go_on``."""

    def __init__(self, most: int, patience_s: float | None = None) -> None:
        self.turns, self.inside, self.go_on = Turns(most, patience_s), list[str](), asyncio.Event()

    def join(self, client: str) -> asyncio.Task[None]:
        return asyncio.create_task(self._be_in(client))

    async def _be_in(self, client: str) -> None:
        async with self.turns.turn(client):
            self.inside.append(client)
            await within(self.go_on.wait())


async def joined(line: Line, *clients: str) -> list[asyncio.Task[None]]:
    tasks = [line.join(each) for each in clients]
    for _ in range(3):
        await asyncio.sleep(0)  # each has come as far as it can
    return tasks


async def test_clients_take_turns_whoever_sent_more() -> None:
    line = Line(most=20)
    tasks = await joined(line, *"aaaaabcb")
    line.go_on.set()
    await within(asyncio.gather(*tasks))

    assert "aabcabaa" == "".join(line.inside)


async def test_one_at_a_time_is_in() -> None:
    line = Line(most=20)
    tasks = await joined(line, *"abc")

    assert ["a"] == line.inside
    line.go_on.set()
    await within(asyncio.gather(*tasks))


async def test_newcomer_to_a_full_queue_takes_the_last_place_of_the_busiest_client() -> None:
    line = Line(most=3)
    tasks = await joined(line, *"aaaa")
    (other,) = await joined(line, "b")

    assert isinstance(tasks[-1].exception(), TooManyWait)
    line.go_on.set()
    await within(asyncio.gather(*tasks[:-1], other))
    assert "aaba" == "".join(line.inside)


async def test_client_with_the_most_places_is_turned_away_from_a_full_queue() -> None:
    line = Line(most=3)
    tasks = await joined(line, *"aaaa")

    with pytest.raises(TooManyWait):
        async with line.turns.turn("a"):
            pass
    line.go_on.set()
    await within(asyncio.gather(*tasks))


@pytest.mark.parametrize("leave", [lambda first, _: first.cancel(), lambda _, second: second.cancel()])
async def test_leaving_client_holds_up_nobody(
    leave: Callable[[asyncio.Task[None], asyncio.Task[None]], object],
) -> None:
    line = Line(most=20)
    first, second, third = await joined(line, *"abc")
    leave(first, second)
    line.go_on.set()
    await finish(first, second)
    await within(third)

    assert "c" == line.inside[-1]


async def test_cancelled_client_still_in_the_queue_is_skipped() -> None:
    line = Line(most=20)
    (first, *_), others = await joined(line, "a"), [line.join(each) for each in "bc"]
    await asyncio.sleep(0)
    others[0].cancel()  # its place is void now, but it leaves only when it runs
    line.turns._call_next()
    assert line.turns._is_taken
    line.go_on.set()
    await finish(others[0])
    await within(asyncio.gather(first, others[1]))

    assert ["a", "c"] == line.inside


async def test_client_leaving_when_called_lets_the_next_one_in() -> None:
    line = Line(most=20)
    first, second, third = await joined(line, *"abc")
    line.go_on.set()
    with contextlib.suppress(asyncio.CancelledError):
        await within(first)
    second.cancel()  # it was called, and has not run yet
    await finish(second)
    await within(third)

    assert "c" == line.inside[-1]
    async with line.turns.turn("d"):
        assert not line.turns._lines


async def test_client_that_waited_too_long_is_turned_away_without_a_turn() -> None:
    line = Line(most=3, patience_s=0.05)
    first, *waiting = await joined(line, *"abc")
    await within(asyncio.wait(waiting))
    line.go_on.set()
    await within(first)
    await within(asyncio.gather(*await joined(line, "d")))

    assert [TooManyWait] * 2 == [type(each.exception()) for each in waiting]
    assert ["a", "d"] == line.inside
