import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

import pytest

from bf.sim.errors import NothingHappensError, TooManyStepsError
from bf.sim.loop import Life, SimLoop, SimTask


@pytest.fixture
def loop() -> Iterator[SimLoop]:
    loop = SimLoop("a seed")
    yield loop
    loop.bury(loop.world)
    loop.close()


def live(loop: SimLoop, life: Life, work: Callable[..., Any], *args: object) -> Any:  # noqa: ANN401  # what the work gives
    """Do something in a life, as its machine does."""
    before, loop.current = loop.current, life
    try:
        return work(*args)
    finally:
        loop.current = before


def turns(seed: str, lives: int = 4, each: int = 5) -> list[str]:
    """Let lives write their names, so many times each; return what was written."""
    loop, written = SimLoop(seed), list[str]()

    async def write(name: str) -> None:
        for number in range(each):
            written.append(f"{name}{number}")
            await asyncio.sleep(0)

    tasks = [
        live(loop, life, loop.create_task, write(life.name))
        for life in (Life("abcdefgh"[index], index + 1) for index in range(lives))
    ]
    loop.run_until_complete(asyncio.wait(tasks))
    loop.close()
    return written


# Order


def test_inside_a_life_callbacks_run_in_the_order_in_which_they_were_scheduled(loop: SimLoop) -> None:
    seen = list[int]()

    def first() -> None:
        seen.append(0)
        loop.call_soon(seen.append, 100)

    loop.call_soon(first)
    for number in range(1, 50):
        loop.call_soon(seen.append, number)
    loop.run_until_complete(asyncio.sleep(1))
    assert seen == [*range(50), 100]


def test_the_seed_picks_the_life_and_each_life_keeps_its_own_order() -> None:
    written = turns("1")
    assert sorted(written) == sorted(f"{name}{number}" for name in "abcd" for number in range(5))
    for name in "abcd":
        assert [word for word in written if word.startswith(name)] == [f"{name}{number}" for number in range(5)]


def test_one_seed_gives_one_order_and_other_seeds_give_others() -> None:
    orders = ["".join(turns(str(seed))) for seed in range(20)]
    assert orders == ["".join(turns(str(seed))) for seed in range(20)]
    assert len(set(orders)) > 15


def test_every_life_may_be_the_first() -> None:
    assert {turns(str(seed))[0][0] for seed in range(40)} == set("abcd")


def test_timers_of_one_time_come_in_their_order(loop: SimLoop) -> None:
    seen = list[int]()
    for number in range(30):
        loop.call_at(2.0, seen.append, number)
    loop.call_at(1.0, seen.append, -1)
    loop.run_until_complete(asyncio.sleep(3))
    assert seen == [-1, *range(30)]


def test_a_cancelled_timer_never_comes_and_counts_no_more(loop: SimLoop) -> None:
    seen = list[int]()
    timer = loop.call_later(1, seen.append, 1)
    loop.call_later(5, seen.append, 5)
    timer.cancel()
    assert loop.timers_left == 1
    loop.run_until_complete(asyncio.sleep(2))
    assert seen == []


# Time


def test_time_stands_still_while_anything_is_ready_and_then_jumps(loop: SimLoop) -> None:
    async def story() -> None:
        for _ in range(1_000):
            await asyncio.sleep(0)
        assert loop.time() == 0
        await asyncio.sleep(86_400)
        assert loop.time() == 86_400

    loop.run_until_complete(story())


def test_time_never_goes_back(loop: SimLoop) -> None:
    async def story() -> None:
        await asyncio.sleep(10)
        came = loop.create_future()
        loop.call_at(3, came.set_result, None)
        await came
        assert loop.time() == 10

    loop.run_until_complete(story())


def test_when_nothing_is_left_that_could_happen_the_run_ends(loop: SimLoop) -> None:
    async def story() -> None:
        await asyncio.sleep(7)
        await loop.create_future()

    with pytest.raises(NothingHappensError, match=r"at 7\.000 s"):
        loop.run_until_complete(story())


def test_a_run_that_goes_round_in_circles_is_ended() -> None:
    loop = SimLoop("", steps_max=1_000)

    async def circle() -> None:
        for _ in range(100_000):
            await asyncio.sleep(0)

    with pytest.raises(TooManyStepsError, match=r"more than 1,000 steps"):
        loop.run_until_complete(circle())
    assert loop.steps < 1_010
    loop.bury(loop.world)
    loop.close()


# Lives


def ticking(loop: SimLoop, life: Life, seen: list[float]) -> SimTask:
    async def tick() -> None:
        while True:
            await asyncio.sleep(1)
            seen.append(loop.now)

    return live(loop, life, loop.create_task, tick())


def test_what_comes_due_in_a_life_that_is_held_waits_until_it_is_released(loop: SimLoop) -> None:
    seen, life = list[float](), Life("a", 1)
    ticking(loop, life, seen)

    async def story() -> None:
        await asyncio.sleep(2.5)
        loop.hold(life)
        await asyncio.sleep(10)
        assert seen == [1, 2]
        loop.release(life)
        await asyncio.sleep(2)
        assert seen == [1, 2, 12.5, 13.5, 14.5][: len(seen)]
        assert len(seen) >= 4

    loop.run_until_complete(story())
    loop.bury(life)


def test_a_life_may_be_held_while_it_waits_for_its_turn(loop: SimLoop) -> None:
    seen, life = list[str](), Life("a", 1)

    async def story() -> None:
        live(loop, life, loop.call_soon, seen.append, "a")
        loop.hold(life)
        await asyncio.sleep(1)
        assert seen == []
        loop.release(life)
        loop.release(life)
        await asyncio.sleep(1)
        assert seen == ["a"]

    loop.run_until_complete(story())


def test_of_a_life_that_has_ended_nothing_runs_any_more(loop: SimLoop) -> None:
    seen, life = list[float](), Life("a", 1)
    task = ticking(loop, life, seen)

    async def story() -> None:
        await asyncio.sleep(2.5)
        live(loop, life, loop.call_soon, seen.append, -1.0)
        live(loop, life, loop.call_later, 1, seen.append, -2.0)
        loop.call_for(life, loop.now + 1, seen.append, -3.0)
        loop.bury(life)
        live(loop, life, loop.call_soon, seen.append, -4.0)
        live(loop, life, loop.call_later, 1, seen.append, -5.0)
        await asyncio.sleep(10)

    loop.run_until_complete(story())
    assert seen == [1, 2]
    assert loop.tasks_of(life) == [task]
    assert loop.faults == []
    assert loop.timers_left == 0


def test_what_python_unwinds_of_a_life_that_has_ended_reaches_nobody(loop: SimLoop) -> None:
    """Finally blocks do run, since Python closes coroutines; what they schedule or await does not."""
    reached, life, other = list[str](), Life("a", 1), Life("b", 2)

    async def tidy() -> None:
        reached.append("a task of the finally block")

    async def work() -> None:
        try:
            await asyncio.sleep(100)
        finally:
            loop.call_soon(reached.append, "a callback")
            loop.call_later(1, reached.append, "a timer")
            loop.create_task(tidy())
            await asyncio.sleep(0)
            reached.append("what stands after an await")

    live(loop, life, loop.create_task, work())
    live(loop, other, loop.call_later, 5, reached.append, "somebody else")

    async def story() -> None:
        await asyncio.sleep(1)
        loop.bury(life)
        assert loop.current is loop.world
        await asyncio.sleep(10)

    loop.run_until_complete(story())
    assert reached == ["somebody else"]
    assert loop.faults == []


def test_a_life_may_end_in_its_own_turn(loop: SimLoop) -> None:
    seen, life = list[str](), Life("a", 1)

    def end() -> None:
        seen.append("end")
        loop.bury(life)

    for work in (lambda: seen.append("before"), end, lambda: seen.append("after")):
        live(loop, life, loop.call_soon, work)
    loop.run_until_complete(asyncio.sleep(1))
    assert seen == ["before", "end"]


def test_a_task_may_end_the_life_that_it_lives_in(loop: SimLoop) -> None:
    seen, life = list[str](), Life("a", 1)

    async def work() -> None:
        loop.bury(life)
        seen.append("until it awaits")
        await asyncio.sleep(0)
        seen.append("never")

    task = live(loop, life, loop.create_task, work())
    loop.run_until_complete(asyncio.sleep(1))
    assert seen == ["until it awaits"]
    assert not task.done()
    del task
    gc.collect()
    assert loop.faults == []


def test_a_lock_that_died_with_its_life_wakes_nobody_in_it(loop: SimLoop) -> None:
    seen, life, lock = list[int](), Life("a", 1), asyncio.Lock()

    async def hold(number: int) -> None:
        async with lock:
            seen.append(number)
            await asyncio.sleep(100)

    for number in range(3):
        live(loop, life, loop.create_task, hold(number))

    async def story() -> None:
        await asyncio.sleep(1)
        loop.bury(life)
        await asyncio.sleep(1_000)

    loop.run_until_complete(story())
    assert seen == [0]


def test_a_task_belongs_to_the_life_that_began_it_and_so_does_all_that_it_begins(loop: SimLoop) -> None:
    lives, life = list[Life](), Life("a", 1)

    async def inner() -> None:
        lives.append(loop.current)
        await asyncio.sleep(1)
        lives.append(loop.current)

    async def outer() -> None:
        await asyncio.gather(inner(), inner())

    live(loop, life, loop.create_task, outer())
    loop.run_until_complete(asyncio.sleep(5))
    assert lives == [life] * 4
    assert loop.current is loop.world


def test_a_task_goes_on_in_its_own_life_whoever_wakes_it(loop: SimLoop) -> None:
    woken = loop.create_future()
    one, other = Life("a", 1), Life("b", 2)

    async def sleeper() -> Life:
        await woken
        return loop.current

    async def waiter() -> Life:
        await task
        return loop.current

    task = live(loop, one, loop.create_task, sleeper())
    waiting = loop.create_task(waiter())
    live(loop, other, loop.call_later, 1, woken.set_result, None)
    assert loop.run_until_complete(task) is one
    assert loop.run_until_complete(waiting) is loop.world


def test_nobody_wakes_a_task_of_a_life_that_has_ended(loop: SimLoop) -> None:
    life, woken = Life("a", 1), loop.create_future()

    async def sleeper() -> None:
        await woken

    task = live(loop, life, loop.create_task, sleeper())

    async def story() -> None:
        await asyncio.sleep(1)
        loop.bury(life)
        woken.set_result(None)
        await asyncio.sleep(1)

    loop.run_until_complete(story())
    assert not task.done()
    assert loop.faults == []


# Generators


async def counting(seen: list[str], loop: SimLoop) -> AsyncIterator[int]:
    try:
        for number in range(100):
            yield number
            await asyncio.sleep(0)
    finally:
        seen.append(f"ended by {loop.current.name}")
        await asyncio.sleep(0)
        seen.append("and what stands after an await")


async def abandon(seen: list[str], loop: SimLoop) -> None:
    async for number in counting(seen, loop):
        if number == 3:
            break
    await asyncio.sleep(100)


def test_an_abandoned_generator_is_ended_in_its_life(loop: SimLoop) -> None:
    seen, life = list[str](), Life("a", 1)
    live(loop, life, loop.create_task, abandon(seen, loop))
    loop.run_until_complete(asyncio.sleep(200))
    assert seen == ["ended by a", "and what stands after an await"]


def test_a_generator_that_is_abandoned_by_the_end_of_a_life_reaches_nobody(loop: SimLoop) -> None:
    seen, life = list[str](), Life("a", 1)

    async def read() -> None:
        async for _ in counting(seen, loop):
            await asyncio.sleep(100)

    live(loop, life, loop.create_task, read())

    async def story() -> None:
        await asyncio.sleep(1)
        loop.bury(life)
        gc.collect()
        await asyncio.sleep(1)

    loop.run_until_complete(story())
    assert "and what stands after an await" not in seen
    assert loop.faults == []


# Faults, digests, hashes, executors


def test_what_nobody_catches_is_kept(loop: SimLoop) -> None:
    async def fail() -> None:
        raise ValueError("a bug")

    def fail_at_once() -> None:
        raise KeyError("another")

    async def story() -> None:
        task = loop.create_task(fail())
        loop.call_soon(fail_at_once)
        await asyncio.sleep(1)
        del task

    loop.run_until_complete(story())
    gc.collect()
    assert len(loop.faults) == 2
    assert "KeyError('another')" in loop.faults[0]
    assert "ValueError('a bug')" in loop.faults[1]


def test_tasks_and_futures_hash_by_the_number_of_their_creation(loop: SimLoop) -> None:
    futures = [loop.create_future() for _ in range(5)]
    tasks = [loop.create_task(asyncio.sleep(0)) for _ in range(5)]
    numbers = [hash(each) for each in (*futures, *tasks)]
    assert numbers == sorted(set(numbers))
    assert max(numbers) < 100
    loop.run_until_complete(asyncio.wait(tasks))


def test_two_runs_differ_in_their_digest_as_soon_as_they_differ() -> None:
    def digest(seed: str, pause: float, fact: int) -> int:
        loop = SimLoop(seed)

        async def story() -> None:
            await asyncio.sleep(pause)
            loop.note(fact)
            await asyncio.sleep(1)

        loop.run_until_complete(story())
        loop.close()
        return loop.digest

    assert digest("1", 1, 1) == digest("1", 1, 1)
    assert len({digest("1", 1, 1), digest("1", 1.5, 1), digest("1", 1, 2)}) == 3


def test_the_digest_knows_which_of_several_tasks_it_was() -> None:
    def digest(*pauses: float) -> int:
        loop = SimLoop()
        loop.run_until_complete(asyncio.wait([loop.create_task(asyncio.sleep(pause)) for pause in pauses]))
        loop.close()
        return loop.digest

    assert digest(1, 2, 3) == digest(1, 2, 3)
    assert len({digest(1, 2, 3), digest(1, 3, 2), digest(2, 1, 3), digest(3, 2, 1)}) == 4


def test_each_callback_is_told_before_it_runs(loop: SimLoop) -> None:
    told = list[tuple[float, str, str]]()
    loop.told = lambda at_s, life, what: told.append((at_s, life.name, what))

    async def nap() -> None:
        await asyncio.sleep(3)

    task = live(loop, Life("a", 1), loop.create_task, nap())
    loop.run_until_complete(asyncio.wait([task]))
    steps = [what for at_s, name, what in told if (at_s, name) == (3, "a")]
    assert steps[1] == f"task {hash(task)} {nap.__qualname__}"
    assert {at_s for at_s, _, _ in told} == {0, 3}


def test_an_executor_does_it_at_once_and_hands_on_what_it_raises(loop: SimLoop) -> None:
    def fail() -> None:
        raise OSError("no")

    async def story() -> None:
        assert await asyncio.to_thread(divmod, 7, 3) == (2, 1)
        assert await loop.run_in_executor(None, max, 1, 2) == 2
        with pytest.raises(OSError, match="no"):
            await loop.run_in_executor(None, fail)
        assert loop.now == 0

    loop.run_until_complete(story())


# What asyncio offers works


Story = Callable[[SimLoop], Coroutine[Any, Any, None]]


async def timeouts(loop: SimLoop) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(5):
            await asyncio.sleep(6)
    assert loop.now == 5
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(loop.create_future(), 5)
    assert loop.now == 10
    async with asyncio.timeout(5):
        await asyncio.sleep(4)


async def waits(loop: SimLoop) -> None:
    naps = [loop.create_task(asyncio.sleep(seconds, seconds)) for seconds in (3, 1, 2)]
    done, left = await asyncio.wait(naps, return_when=asyncio.FIRST_COMPLETED)
    assert done == {naps[1]}
    assert left == {naps[0], naps[2]}
    assert await asyncio.gather(*naps) == [3, 1, 2]
    assert loop.now == 3


async def gathers_errors(loop: SimLoop) -> None:
    async def fail() -> None:
        await asyncio.sleep(1)
        raise ValueError

    nap, error = await asyncio.gather(asyncio.sleep(2, "slept"), fail(), return_exceptions=True)
    assert nap == "slept"
    assert isinstance(error, ValueError)
    with pytest.raises(ValueError):  # noqa: PT011  # it has no words
        await asyncio.gather(asyncio.sleep(2), fail())
    assert loop.now == 3


async def locks(loop: SimLoop) -> None:
    lock, order = asyncio.Lock(), list[int]()

    async def enter(number: int) -> None:
        async with lock:
            order.append(number)
            await asyncio.sleep(1)

    await asyncio.gather(*(enter(number) for number in range(10)))
    assert order == list(range(10))
    assert loop.now == 10


async def events(loop: SimLoop) -> None:
    event = asyncio.Event()
    waiting = [loop.create_task(event.wait()) for _ in range(3)]
    loop.call_later(2, event.set)
    assert await asyncio.gather(*waiting) == [True] * 3
    assert loop.now == 2


async def queues(loop: SimLoop) -> None:
    queue, got = asyncio.Queue[int](maxsize=2), list[int]()

    async def take() -> None:
        for _ in range(10):
            got.append(await queue.get())
            await asyncio.sleep(1)

    taking = loop.create_task(take())
    for number in range(10):
        await queue.put(number)
    await taking
    assert got == list(range(10))


async def task_groups(loop: SimLoop) -> None:
    ended = list[str]()

    async def nap(name: str, seconds: float) -> None:
        try:
            await asyncio.sleep(seconds)
        finally:
            ended.append(name)

    async def fail() -> None:
        await asyncio.sleep(2)
        raise LookupError

    with pytest.raises(ExceptionGroup):  # noqa: PT012  # the group raises at its end
        async with asyncio.TaskGroup() as group:
            group.create_task(nap("short", 1))
            group.create_task(nap("long", 100))
            group.create_task(fail())
    assert ended == ["short", "long"]
    assert loop.now == 2


async def shields(loop: SimLoop) -> None:
    inner = loop.create_task(asyncio.sleep(5, "whole"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(inner), 1)
    assert await inner == "whole"
    assert loop.now == 5


async def conditions(loop: SimLoop) -> None:
    condition, ready = asyncio.Condition(), list[int]()

    async def wait() -> int:
        async with condition:
            await condition.wait_for(lambda: bool(ready))
            return len(ready)

    waiting = [loop.create_task(wait()) for _ in range(3)]
    await asyncio.sleep(1)
    async with condition:
        ready.append(1)
        condition.notify_all()
    assert await asyncio.gather(*waiting) == [1, 1, 1]


STORIES: list[Story] = [timeouts, waits, gathers_errors, locks, events, queues, task_groups, shields, conditions]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_what_asyncio_offers_works_on_virtual_time(loop: SimLoop, story: Story) -> None:
    loop.run_until_complete(story(loop))
    assert loop.faults == []
