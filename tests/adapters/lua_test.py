"""Scripts see what they are given and nothing else, end in time, and leave nothing behind."""

import contextlib
import os
import resource
import time
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bf.adapters.lua import limits
from bf.adapters.lua.scripts import PREPARED_SCRIPTS_COUNT_MAX, LuaScripts
from bf.core.scripts import Plain, Reads, Script, ScriptError


def available(place: str, sku: str) -> Plain:
    return len(place) + len(sku)


def three(_place: str) -> Plain:
    return [{"uid": "u"}, {"uid": "u"}, {"uid": "u"}]


def always(value: Plain) -> Reads:
    """Let everything that is inside a place be a value."""

    def children(_place: str) -> Plain:
        return value

    return {"children": children}


READS: Reads = {"available": available, "children": three}
ABSENT = """
    _G _ENV_ arg bit bit32 collectgarbage coroutine debug dofile ffi getfenv getmetatable io jit load
    loadfile loadstring lua module newproxy os package pcall print python rawequal rawget rawlen rawset
    require setfenv setmetatable unpack warn xpcall string.dump string.pack string.packsize
    string.unpack string.prefix table.move table.pack math.random math.randomseed math.sin math.exp
    math.log utf8.codes utf8.codepoint string.__index
"""
"""What Lua and lupa have, and a script has not."""

LUA_WORDS = """
    while for in do end if then else function return local true nil ( ) { } [ ] = == .. , ; : # + - * /
    % 1 1e9 'x' reserve order string table math rep find gsub sort concat pairs next available children
    error case tostring x y "%a*" _ENV goto :: ... ~= < > and or not repeat until break
"""
"""What texts are made of that might be scripts."""

PATIENCE_S = 2.0
"""Far beyond what any script takes; the tests' own machine may be busy."""


def script(body: str) -> Script:
    return Script("reserve", "mine", f"function reserve(order)\n{body}\nend")


def ask(body: str, question: Plain = None, own: Mapping[str, int] | None = None) -> Plain:
    return LuaScripts(own).ask(script(body), question, READS)


def failure(body: str, own: Mapping[str, int] | None = None, patience_s: float = PATIENCE_S) -> ScriptError:
    begun = time.process_time()
    with pytest.raises(ScriptError) as failed:
        ask(body, own=own)
    assert time.process_time() - begun < patience_s
    return failed.value


# What goes in and out


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        0,
        -7,
        2**62,
        1.5,
        "",
        "ä\x00'\"\\",
        ["a", 1, False],
        {"a": {"b": ["c", {"d": 1}]}},
        {"1": "x"},
    ],
)
def test_what_is_asked_comes_back_as_it_was(value: Plain) -> None:
    assert ask("return order", value) == value


def test_an_empty_table_is_a_table_of_nothing() -> None:
    assert ask("return { order, {} }", []) == [{}, {}]


def test_a_list_with_a_hole_is_a_table() -> None:
    assert ask("return { [1] = 'a', [3] = 'c' }") == {"1": "a", "3": "c"}


def test_an_answer_is_read_in_one_order_though_each_interpreter_has_another() -> None:
    body = "return { ['1'] = 'b', [1] = 'a', [7] = 'c', ['7'] = 'd' }"
    said: set[str] = set()
    for each in [LuaScripts() for _ in range(60)]:  # all there at once, since the order follows from their addresses
        try:
            said.add(repr(each.ask(script(body), None, READS)))
        except ScriptError as error:
            said.add(error.text)
    assert len(said) == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return reserve", "a function"),
        ("return { reserve }", "a function"),
        ("return { [{}] = 1 }", "neither texts nor whole numbers"),
        ("return { [1.5] = 1 }", "neither texts nor whole numbers"),
        ("return { [true] = 1 }", "neither texts nor whole numbers"),
        ("return '\\255'", "no UTF-8"),
        ("return { ['\\255'] = 1 }", "no UTF-8"),
        ("local t = {} t.t = t return t", "SCRIPT_RESULT_DEPTH_MAX"),
        (
            f"local t = {{}} for n = 1, {limits.SCRIPT_RESULT_ITEMS_COUNT_MAX} do t[n] = 1 end return t",
            "ITEMS_COUNT_MAX",
        ),
        (f"return string.rep('x', {limits.SCRIPT_RESULT_BYTES_MAX + 1})", "SCRIPT_RESULT_BYTES_MAX"),
    ],
)
def test_an_answer_is_bounded_and_plain(body: str, said: str) -> None:
    assert said in failure(body).text


def test_an_answer_may_be_as_large_as_its_limits() -> None:
    most = limits.SCRIPT_RESULT_BYTES_MAX
    assert ask(f"return string.rep('x', {most})") == "x" * most
    count = limits.SCRIPT_RESULT_ITEMS_COUNT_MAX - 1
    assert ask(f"local t = {{}} for n = 1, {count} do t[n] = 1 end return t") == [1] * count
    depth = limits.SCRIPT_RESULT_DEPTH_MAX
    assert ask(f"local t = 1 for _ = 1, {depth} do t = {{ t }} end return t") is not None


# Limits


@pytest.mark.parametrize(
    ("body", "limit"),
    [
        ("while true do end", "instructions"),
        ("while true do local t = {} end", "instructions"),
        ("local function again() return again() end\nagain()", "instructions"),
        ("repeat available('a', 'b') until false", "reads"),
        ("local s = 'x'\nwhile true do s = s .. s end", "memory"),
        ("local t = {}\nwhile true do t[#t + 1] = 'a line of text ' .. #t end", "memory"),
        ("local t = {}\nwhile true do t = { t, t, {}, {} } end", "memory"),
        ("local function deep(n) return n + deep(n + 1) end\nlocal x = deep(1)", "memory"),
        ("local x = string.rep('x', 1000, string.rep('y', 10000))", "memory"),
        ("local t = {}\nfor n = 1, 1e9 do t[n] = {} end", "memory"),
        ("for n = 1, 1e9 do local s = string.upper(string.rep('x', 50000)) end", "instructions"),
        ("local t = {}\nfor n = 1, 2000 do t[n] = n end\nwhile true do local s = table.concat(t) end", "instructions"),
        (
            "local t = {}\nfor n = 1, 2000 do t[n] = n end\nwhile true do table.insert(t, 1, table.remove(t, 1)) end",
            "instructions",
        ),
        ("local t = {}\nfor n = 1, 30000 do t[n] = -n end\ntable.sort(t)", "instructions"),
        (
            "local t = {}\nfor n = 1, 500 do t[n] = n end\ntable.sort(t, function() while true do end end)",
            "instructions",
        ),
        ("while true do string.gsub('a', 'a', function() return 'b' end) end", "instructions"),
        ("string.gsub('a', 'a', function() while true do end end)", "instructions"),
        ("while true do for _ in string.gmatch('a b', '%a') do end end", "instructions"),
        ("local s = string.rep('a', 50)\nwhile true do string.find(s, 'a*b') end", "instructions"),
        ("while true do string.format('%s', string.rep('a', 1000)) end", "instructions"),
        ("local t = setmetatable({}, {})", ""),
    ],
)
def test_whatever_a_script_does_without_end_ends_with_its_line(body: str, limit: str) -> None:
    failed = failure(body)
    assert failed.limit == limit
    assert 2 <= failed.line <= body.count("\n") + 2


@pytest.mark.parametrize(
    "body",
    [
        "return string.find(string.rep('a', 100), string.rep('a*', 30) .. 'b')",
        "return string.match(string.rep('a', 100), string.rep('.-', 20) .. 'b')",
        "return string.find(string.rep('a', 30), string.rep('a?', 30) .. string.rep('a', 30))",
        "return string.gsub(string.rep('x', 50000), '.-.-.-y', '')",
        "for _ in string.gmatch(string.rep('(', 50000), '%b()') do end",
        "return string.find(string.rep('a', 50000), string.rep('a', 25000) .. 'b', 1, true)",
        "return string.rep('', 1e9)",
        "return table.unpack({}, 1, 1e8)",
        "local t = {} for n = 0, 61 do t[1 << n] = n end t[#t + 1] = 1 table.insert(t, 1, 0)",  # #t is 2^61
        "local t = {} for n = 0, 61 do t[1 << n] = n end t[#t + 1] = 1 table.remove(t, 1)",
        "for _ in string.gmatch(string.rep('^', 1700), '^.-.-b') do end",  # where ^ is no anchor
        "return string.byte(string.rep('a', 50000), 1, -1)",
        "return string.gsub(string.rep('a', 50000), 'a', string.rep('b', 50000))",
        "return string.rep(string.rep('x', 100000), 1000)",
        "return table.concat({}, 'x', 1, 1e9)",
        "return string.format('%99999d', 1)",
        "return ('x'):rep(1e9)",
        "return #string.format('%s%s', string.rep('x', 90000), string.rep('x', 90000)):rep(99999)",
    ],
)
def test_what_c_does_for_a_script_is_bounded_before_it_begins(body: str) -> None:
    failure(body)


def test_a_text_that_takes_processor_time_but_few_instructions_is_stopped_by_time() -> None:
    failed = failure(
        "local s = string.rep('a', 90000)\nwhile true do local x = s .. 'b' end", {"script_instructions": 10**9}
    )
    assert failed.limit == "time"
    assert str(limits.SCRIPT_MS_MAX) in failed.text


def test_costly_patterns_one_after_the_other_are_stopped_by_time() -> None:
    body = "local s = string.rep('a', 150)\nwhile true do string.find(s, '.-.-b') end"
    assert failure(body, {"script_instructions": 10**9}, patience_s=0.4).limit == "time"


def test_repeating_nothing_is_bounded_whatever_the_instructions() -> None:
    assert "more than" in failure("return string.rep('', 1e9)", {"script_instructions": 10**12}, patience_s=0.4).text
    assert "more than" in failure("return (''):rep(1e9)", {"script_instructions": 10**12}, patience_s=0.4).text


def test_texts_have_the_same_functions_as_string() -> None:
    assert ask("return { ('').dump == nil, ('').rep == string.rep, ('').pack == nil }") == [True, True, True]


def test_patterns_are_as_costly_as_their_limit_allows() -> None:
    most = int(limits.PATTERN_STEPS_COUNT_MAX**0.5)
    assert ask(f"return string.find(string.rep('a', {most - 500}), 'a*b') == nil")
    assert "too costly" in failure(f"return string.find(string.rep('a', {most}), 'a*b')").text
    assert ask(f"return #string.rep('a', {limits.REPEATED_COUNT_MAX})") == limits.REPEATED_COUNT_MAX
    assert "more than" in failure(f"return string.rep('a', {limits.REPEATED_COUNT_MAX + 1})").text


def test_a_tenant_has_limits_of_its_own() -> None:
    loop = "for n = 1, 100000 do end return 1"
    assert ask(loop) == 1
    assert failure(loop, {"script_instructions": 10_000}).limit == "instructions"
    assert ask("for n = 1, 1000000 do end return 1", own={"script_instructions": 10**7, "script_ms": 10_000}) == 1
    hold = "local t = {} for n = 1, 10000 do t[n] = n end return #t"
    assert ask(hold) == 10_000
    assert failure(hold, {"script_memory_bytes": 100_000}).limit == "memory"
    assert ask("return #string.rep('x', 90000)", own={"script_memory_bytes": 200_000}) == 90_000
    forever = "while true do end"
    assert failure(forever, {"script_instructions": 10**12, "script_ms": 5}).limit == "time"
    assert limits.SCRIPT_INSTRUCTIONS_COUNT_MAX == 200_000
    assert limits.SCRIPT_MEMORY_BYTES_MAX == 2 * 1024 * 1024


def test_reading_is_counted() -> None:
    reads = limits.SCRIPT_READS_COUNT_MAX
    assert ask(f"local n = 0 for _ = 1, {reads} do n = n + available('', 'b') end return n") == reads
    assert failure(f"for _ = 1, {reads + 1} do available('a', 'b') end").limit == "reads"


def test_much_that_is_read_while_memory_is_nearly_used_up_harms_nothing() -> None:
    """The answers to reads are handed over outside of Lua's protection: room for them is kept."""
    much: Plain = [{"uid": "u" * 36, "name": "n" * 256} for _ in range(1_000)]
    body = """
    local held = {}
    for n = 1, 100 do
        held[n] = children("x")
        held[n + 1000] = string.rep("x", 1000) .. n
    end
    """
    with pytest.raises(ScriptError) as failed:
        LuaScripts().ask(script(body), None, always(much))
    assert failed.value.limit == "memory"


def test_a_question_that_is_larger_than_the_memory_is_refused() -> None:
    """Without its remedy this ends the process: lupa hands over outside of Lua's protection."""
    much: Plain = ["x" * 100 + str(number) for number in range(30_000)]
    for own in (None, {"script_memory_bytes": 0}, {"script_memory_bytes": 10_000}):
        with pytest.raises(ScriptError) as failed:
            LuaScripts(own).ask(script("return 1"), much, {})
        assert failed.value.limit == "memory"
        with pytest.raises(ScriptError) as failed:
            LuaScripts(own).ask(script("local all = children('x')"), None, always(much))
        assert failed.value.limit == "memory"


def test_a_question_that_is_too_large_is_not_asked() -> None:
    """Handing over the name of a function that the script does not have would end the process."""
    much: Plain = ["x" * 100 + str(number) for number in range(30_000)]
    for _ in range(20):
        with pytest.raises(ScriptError) as failed:
            LuaScripts({"script_memory_bytes": 0}).ask(Script("reserve", "mine", "x = 1"), much, {})
        assert failed.value.limit == "memory"


def test_what_is_thrown_away_between_reads_does_not_count() -> None:
    body = """
    local held, seen = {}, 0
    for n = 1, 20 do held[n] = string.rep("x", 90000) .. n end
    for n = 1, 300 do
        local thrown = string.rep("y", 99000 + n % 900) .. n .. n
        seen = seen + #children("x")
    end
    return seen
    """
    own = {"script_instructions": 10**8, "script_ms": 10_000}
    kids: Plain = [{"uid": "u" * 36, "name": "n" * 50} for _ in range(300)]
    assert LuaScripts(own).ask(script(body), None, always(kids)) == 300 * 300


def test_what_a_script_holds_in_the_end_counts_too() -> None:
    body = "kept = {} local long = string.rep('x', 900) for n = 1, 30 do kept[n] = string.rep(long, 100) .. n end"
    assert failure(body).limit == "memory"


def test_no_script_makes_the_process_large() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for body in ("local s = 'x' while true do s = s .. s end", "local t = {} while true do t = { t, t .. '' } end"):
        failure(body)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000, "kilobytes"


def test_memory_that_ends_at_any_place_ends_the_script_and_not_the_process() -> None:
    held = """
    local held = {}
    for n = 1, 1e9 do
        held[n] = { children("x"), string.rep("x", n % 100) .. n, tostring(n):rep(n % 7) }
        if n % 50 == 0 then table.sort(held, function(one, other) return one[2] < other[2] end) end
    end
    """
    kids: Plain = [{"uid": "u" * 36, "name": "n" * 20} for _ in range(5)]
    for most in range(0, 400_000, 3_777):
        with pytest.raises(ScriptError) as failed:
            LuaScripts({"script_memory_bytes": most}).ask(script(held), {"a": "b" * 1000}, always(kids))
        assert failed.value.limit in {"memory", "instructions", "reads"}


# Ways out


@pytest.mark.parametrize(
    "name",
    ABSENT.split(),
)
def test_what_is_not_on_the_list_is_not_there(name: str) -> None:
    assert ask(f"return {name} == nil") is True


def test_all_that_is_there_is_on_this_list() -> None:
    """A new name in the prelude is a decision: it is added here too."""
    names = (
        "ROOT assert available case children error ipairs math next on_hand pairs select string table tagged tonumber"
    )
    present = [name for name in (names + " tostring type utf8 reserve").split() if ask(f"return {name} ~= nil")]
    assert present == (names + " tostring type utf8 reserve").split()


@pytest.mark.parametrize(
    "body",
    [
        # to the global table
        "return _ENV._G.os",
        "local f = ('').gsub return f('x', 'x', { x = _G or 0 }) == '0' and nil + 1",
        "return string.gsub('x', '.', _ENV.os)",
        "for k in pairs(_ENV) do if k ~= 'reserve' then return k .. nil end end return nil + 1",
        # to code: the text of a script is never code of the machine, and there is no way to compile more
        "return string.dump(reserve)",
        "return load('return 1')()",
        "return ('x').dump(reserve)",
        "return loadstring('return 1')()",
        # to metatables, those of texts too
        "return getmetatable('').__index",
        "('x').upper = 1",
        "string.upper = function() return 'mine' end",
        "math.floor = nil",
        "table.x = 1",
        "return ('').__index.upper",
        "return #string.__index",
        # to threads, which have hooks of their own
        "return coroutine.wrap(function() end)",
        "return coroutine.running()",
        # to what swallows an error
        "while true do pcall(function() while true do end end) end",
        "return xpcall(reserve, reserve)",
        "return select('#', pcall(error))",
        # to Python: lupa's module, and attributes of what came from there
        "return python.eval('1')",
        "return python.builtins.open",
        "return python.as_attrgetter(order).__class__",
        "return order.__class__",
        "return available.__globals__",
        "return available.__self__",
        "return children('x').__class__.__mro__",
        "return children('x')[1].uid.__class__.x",
        # to LuaJIT's foreign functions
        "return require('ffi')",
        "return ffi.cdef('int system(const char *)')",
        "return package.loadlib('libc.so.6', 'system')",
        # to the machine
        "return os.execute('true')",
        "return io.open('/etc/passwd')",
        "return dofile('/etc/passwd')",
        "return debug.getregistry()",
        # to finalisers and closers, which run outside of the count
        "local x <close> = {}",
        "return setmetatable({}, { __gc = function() while true do end end })",
        # to addresses
        "return string.format('%p', {})",
        # to a yield of their own
        "return available(order, {})",
        "return available(nil, 'x')",
    ],
)
def test_known_ways_out_are_closed(body: str) -> None:
    assert failure(body).limit == ""


def test_nothing_shows_an_address() -> None:
    shown = ask("return { tostring({}), tostring(reserve), tostring(available), string.format('%s %s', {}, reserve) }")
    assert shown == ["table", "function", "function", "table function"]
    assert failure("error({})").text == "table"
    assert "0x" not in failure("return {} .. {}").text
    assert "0x" not in failure("return {} < {}").text


def test_a_script_is_text() -> None:
    with pytest.raises(ScriptError, match="attempt to load a binary chunk"):
        LuaScripts().cases(Script("reserve", "mine", "\x1bLua"))


def test_no_question_sees_what_another_left() -> None:
    """Not in globals, not in locals, not in tables that were handed out."""
    source = """
    local kept = { n = 0 }
    count = 0
    function reserve(order)
        kept.n, count = kept.n + 1, count + 1
        order.seen = true
        return { kept.n, count, string.seen == nil }
    end
    """
    scripts, one = LuaScripts(), Script("reserve", "mine", source)
    question: dict[str, Plain] = {"seen": False}
    assert [scripts.ask(one, question, {}) for _ in range(3)] == [[1, 1, True]] * 3
    assert question == {"seen": False}


def test_after_a_failure_a_script_goes_on() -> None:
    scripts, one = LuaScripts(), script("if order == 1 then while true do end end return order")
    for _ in range(3):
        with pytest.raises(ScriptError):
            scripts.ask(one, 1, {})
        assert one not in scripts._prepared  # pyright: ignore[reportPrivateUsage]  # nothing of the failure is left
        assert scripts.ask(one, 2, {}) == 2


def test_interpreters_are_kept_for_as_many_scripts_as_the_limit() -> None:
    scripts = LuaScripts()
    for number in range(PREPARED_SCRIPTS_COUNT_MAX + 3):
        assert scripts.ask(script(f"return {number}"), None, {}) == number
    assert len(scripts._prepared) == PREPARED_SCRIPTS_COUNT_MAX  # pyright: ignore[reportPrivateUsage]  # nobody else asks


# The same everywhere


def test_pairs_has_an_order() -> None:
    body = """
    local keys = {}
    for key in pairs({ z = 1, a = 1, [3] = 1, [1] = 1, [2.5] = 1, [true] = 1, [false] = 1, m = 1 }) do
        keys[#keys + 1] = tostring(key)
    end
    return table.concat(keys, " ")
    """
    assert ask(body) == "1 2.5 3 a m z false true"


def test_next_has_the_order_of_pairs() -> None:
    assert ask(
        "local t = { b = 1, a = 2 } local k, v = next(t) return { k, v, (next(t, k)), next(t, 'b') == nil }"
    ) == [
        "a",
        2,
        "b",
        True,
    ]
    assert ask("return next({}) == nil") is True


@pytest.mark.parametrize("word", ["pairs", "next"])
def test_keys_without_an_order_are_refused(word: str) -> None:
    assert "has no order" in failure(f"for _ in {word}({{ [{{}}] = 1 }}) do end").text


def test_what_is_taken_out_during_pairs_is_left_out() -> None:
    assert (
        ask("local t, seen = { a = 1, b = 2 }, '' for k in pairs(t) do seen = seen .. k t.b = nil end return seen")
        == "a"
    )


def test_sorting_keeps_the_order_of_equals_and_may_read() -> None:
    body = """
    local t = { "bb", "a", "cc", "d", "ee", "fff", "g" }
    table.sort(t, function(one, other) return available(one, "") < available(other, "") end)
    return table.concat(t, " ")
    """
    assert ask(body) == "a d g bb cc ee fff"


@settings(deadline=None)
@given(st.lists(st.integers(-50, 50), max_size=60))
def test_sorting_sorts(numbers: list[int]) -> None:
    assert ask("table.sort(order) return order", list[Plain](numbers)) == (sorted(numbers) or {})
    backwards = "table.sort(order, function(one, other) return one > other end) return order"
    assert ask(backwards, list[Plain](numbers)) == (sorted(numbers, reverse=True) or {})


def test_an_odd_comparison_does_no_harm() -> None:
    assert ask("local t = { 3, 1, 2 } table.sort(t, function() return true end) return #t") == 3


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("return ('a-b'):upper():sub(1, 2)", "A-"),
        ("return string.format('%s %d %5.2f %x %q', nil, 3, 2.5, 255, 'a')", 'nil 3  2.50 ff "a"'),
        ("return string.format('%d%% off', 5)", "5% off"),
        ("return (string.gsub('a b c', '%a', { a = '1', b = '2' }))", "1 2 c"),
        ("return (string.gsub('hello', 'l', 'L', 1))", "heLlo"),
        ("return (string.gsub('abc', '%w', function(c) return c:upper() end))", "ABC"),
        ("return (('  sku-1 '):match('^%s*(.-)%s*$'))", "sku-1"),
        ("return { string.byte('abc', 1, 3) }", [97, 98, 99]),
        ("return string.char(97, 98)", "ab"),
        ("return { math.floor(2.7), math.max(1, 5, 3), math.huge > 1, math.type(1) }", [2, 5, True, "integer"]),
        ("return { table.unpack({ 1, 2, 3 }) }", [1, 2, 3]),
        ("return { utf8.len('äö'), utf8.char(228) }", [2, "ä"]),
        ("return { select('#', 1, 2), select(2, 'a', 'b') }", [2, "b"]),
        ("return string.find('a.b', '.', 1, true)", 2),
        ("return { tonumber('12'), tonumber('x') == nil, tostring(1.5) }", [12, True, "1.5"]),
        ("local words = {} for w in ('a b'):gmatch('%a') do words[#words + 1] = w end return words", ["a", "b"]),
        ("return assert(5, 'no')", 5),
    ],
)
def test_what_is_there_does_what_lua_says(body: str, value: Plain) -> None:
    assert ask(body) == value


# What people read


@pytest.mark.parametrize(
    ("body", "line", "text"),
    [
        ("\nerror('out of tea')", 3, "out of tea"),
        ("assert(false, 'no tea')", 2, "no tea"),
        ("assert(nil)", 2, "assertion failed!"),
        ("local x = nil\nx.y = 1", 3, "attempt to index a nil value (local 'x')"),
        ("local n = available(5, 'x')", 2, "available needs a name, not number"),
        ("local n = tagged('x')", 2, "tagged: it cannot be asked here"),
        ("local s = string.upper(nil)", 2, "string.upper needs a text, not nil"),
        ("local s = string.rep('x', 1.5)", 2, "string.rep needs a whole number, not 1.5"),
        ("local s = table.concat(5)", 2, "table.concat needs a table, not number"),
        ("local s = math.floor('x')", 2, "bad argument #1 to 'floor' (number expected, got string)"),
        ("local s = string.find('x', '%')", 2, "malformed pattern (ends with '%')"),
        (
            "local x = ('x'):gsub('x', function() return available('a', 'b') end)",
            2,
            "attempt to yield across a C-call boundary",
        ),
        ("error('\\255')", 2, "?"),
        ("error(string.rep('x', 5000))", 2, "x" * 2000),
    ],
)
def test_a_failure_says_what_and_where(body: str, line: int, text: str) -> None:
    failed = failure(body)
    assert (failed.line, failed.text) == (line, text)


def test_a_text_that_is_no_lua_says_where() -> None:
    with pytest.raises(ScriptError) as failed:
        LuaScripts().cases(Script("reserve", "mine", "function reserve()\n  if x the\nend"))
    assert (failed.value.line, failed.value.text) == (2, "'then' expected near 'the'")


# Anything


WORDS = st.sampled_from(LUA_WORDS.split())


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.lists(WORDS, max_size=40).map(" ".join), st.text(max_size=200)))
def test_any_text_is_answered_or_fails_in_time(text: str) -> None:
    begun = time.process_time()
    for source in (text, f"function reserve(order) {text} end"):
        with contextlib.suppress(ScriptError):
            LuaScripts().ask(Script("reserve", "mine", source), {"items": ["a"]}, READS)
    assert time.process_time() - begun < PATIENCE_S


def test_a_process_that_was_forked_asks_its_own_interpreters() -> None:
    scripts, one = LuaScripts(), script("return order")
    assert scripts.ask(one, 1, {}) == 1
    child = os.fork()
    if child == 0:
        os._exit(0 if scripts.ask(one, 2, {}) == 2 else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert scripts.ask(one, 3, {}) == 3
