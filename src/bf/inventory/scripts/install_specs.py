"""Specs of installing scripts."""

from dataclasses import replace

from bf.core.spec import SPEC_NOW_US, Spec
from bf.inventory.api.events_pb2 import ScriptInstalled, ScriptRemoved
from bf.inventory.api.requests_pb2 import InstallScriptReq, InstallScriptResp
from bf.inventory.errors import Blank, TooLong
from bf.inventory.limits import (
    SCRIPT_CASES_COUNT_MAX,
    SCRIPT_NAME_CHARS_MAX,
    SCRIPT_ROWS_COUNT_MAX,
    SCRIPT_SOURCE_CHARS_MAX,
    SCRIPT_VERSIONS_COUNT_MAX,
    SCRIPTS_COUNT_MAX,
)
from bf.inventory.scripts.errors import CaseFailed, HookNotFound, HookTaken, ScriptUnreadable, TooManyScripts

STORY = "docs/stories.md#deciding-by-a-script"

NOTHING = "function reserve(order) end"
NEAREST = """\
function reserve(order)
    local best
    for _, house in ipairs(tagged(order.tags.country or "")) do
        if not best or available(house, order.items[1].sku) > available(best, order.items[1].sku) then best = house end
    end
    if order.items[1].quantity > 100 then return { refuse = "ask us" } end
    return best and { at = best }
end
"""

SHOP = """
    given = { ["DE/Berlin"] = { pump = 5 }, ["DE/Hamburg"] = { pump = 9, hose = 1 }, Wien = { pump = 1 } },
    tagged = { DE = { "DE/Berlin", "DE/Hamburg" }, AT = "Wien" },
"""


def asked(source: str, hook: str = "reserve", name: str = "house") -> InstallScriptReq:
    """Ask to install a source."""
    return InstallScriptReq(hook=hook, name=name, source=source)


def was(version: int, source: str = NOTHING, hook: str = "reserve", name: str = "house") -> ScriptInstalled:
    """Say that a script was installed at the time of the spec."""
    return ScriptInstalled(hook=hook, name=name, version=version, source=source, time_us=SPEC_NOW_US)


def installed(name: str, source: str, hook: str = "reserve") -> Spec:
    """Say that a source is taken as it is."""
    return Spec(
        name=name,
        story=STORY,
        when=asked(source, hook),
        then=InstallScriptResp(version=1),
        events=[was(1, source, hook)],
    )


def case_fails(name: str, case: str, problem: str, source: str = NEAREST, hook: str = "reserve") -> Spec:
    """Say why a source is refused for its case."""
    return Spec(
        name=name,
        story=STORY,
        when=asked(f'{source}\ncase "this" {{ {case} }}', hook),
        refused=CaseFailed(field="source", case="this", problem=problem),
    )


def unreadable(name: str, source: str, where: str, problem: str) -> Spec:
    """Say why a source is refused."""
    return Spec(
        name=name,
        story=STORY,
        when=asked(source),
        refused=ScriptUnreadable(field="source", where=where, problem=problem),
    )


WATCH = 'function update(change) if change.after < 3 then return { alert = "buy " .. change.sku } end end'

MOVE = 'function update(change) return { move = { to = "Yard", quantity = change.on_hand_change } } end'

DAYS = """\
function report(rows)
    local days = {}
    for n, row in ipairs(rows) do
        days[n] = row.reserved > 0 and row.available / row.reserved or "none is sold"
    end
    return days
end
"""

ROWS = 'when = { rows = { { sku = "tea", on_hand = 9, reserved = 6, available = 3 }, { sku = "jam" } } }'

WITH_CASES = [
    installed(
        "a script of the hook report computes a value for each row",
        DAYS + f'case "two" {{ {ROWS}, expect = {{ 0.5, "none is sold" }} }}\n',
        "report",
    ),
    installed(
        "a report may have nothing to say of a row",
        'function report(rows) return { "", 7 } end\n' + f'case "two" {{ {ROWS}, expect = {{ "", 7.0 }} }}\n',
        "report",
    ),
    case_fails(
        "a report that is not as its case says is refused with both",
        f'{ROWS}, expect = {{ 1, "none is sold" }}',
        "expected 1 | none is sold; got 0.5 | none is sold",
        DAYS,
        "report",
    ),
    case_fails(
        "a report has a value for each row",
        f"{ROWS}, expect = {{ 1, 2 }}",
        "the script house failed: the answer is not a list of 2 values, one for each row",
        "function report(rows) return { 1 } end",
        "report",
    ),
    case_fails(
        "a value of a report is a text or a number",
        f"{ROWS}, expect = {{ 1, 2 }}",
        "the script house failed: value 2 is not a text",
        "function report(rows) return { 1, true } end",
        "report",
    ),
    case_fails(
        "a script is asked about no more rows than its limit",
        "when = { rows = many }, expect = {}",
        f"the script house failed: {SCRIPT_ROWS_COUNT_MAX + 1} rows; SCRIPT_ROWS_COUNT_MAX allows {SCRIPT_ROWS_COUNT_MAX}",
        f'{DAYS} local many = {{}} for n = 1, {SCRIPT_ROWS_COUNT_MAX + 1} do many[n] = {{ sku = "tea" }} end',
        "report",
    ),
    case_fails(
        "a row of a case has no words that nobody knows",
        'when = { rows = { { sku = "tea", onhand = 1 } } }, expect = { 1 }',
        "a row has 'onhand'; it may have sku, on_hand, reserved, available",
        DAYS,
        "report",
    ),
    installed("a script without cases is taken as it is", NOTHING),
    installed(
        "a script is taken with cases that hold",
        NEAREST
        + f"""
case "the house with most" {{ {SHOP} when = {{ tags = {{ country = "DE" }}, items = {{ pump = 3 }} }}, expect = {{ at = "DE/Hamburg" }} }}
case "no country" {{ {SHOP} when = {{ items = {{ pump = 3, hose = 1 }}, location = "DE" }}, expect = {{}} }}
case "too many" {{ {SHOP} when = {{ code = "o-7", items = {{ pump = 101 }} }}, expect = {{ refuse = "ask us" }} }}
""",
    ),
    installed(
        "cases see the same places and goods as a script that is asked in earnest",
        f"""
function reserve(order)
    assert(#children(ROOT) == 2 and children(ROOT)[1].name == "DE" and children("DE")[2].name == "Hamburg")
    assert(available(children("DE")[1].uid, "pump") == 5 and on_hand("DE", "pump") == 14 and on_hand(ROOT, "pump") == 15)
    assert(order.location.path == "DE" and order.items[1].uid == "00000000-0000-0000-0000-000000000006")
    assert(tagged("AT")[1].name == "Wien" and #tagged("FR") == 0)
end
case "all" {{ {SHOP} when = {{ items = {{ pump = 3 }}, location = "DE" }}, expect = {{ at = "DE" }} }}
""",
    ),
    installed(
        "a script of the hook update is taken with cases that hold",
        WATCH
        + """
case "few" { given = { Berlin = { pump = 5 } }, when = { location = "Berlin", sku = "pump", change = -3 }, expect = { alert = "buy pump" } }
case "many" { given = { Berlin = { pump = 5 } }, when = { location = "Berlin", sku = "pump", change = 1 }, expect = {} }
""",
        "update",
    ),
    case_fails(
        "a script that decides for another place than its case says is refused with both",
        f'{SHOP} when = {{ tags = {{ country = "AT" }}, items = {{ pump = 1 }} }}, expect = {{ at = "DE" }}',
        "expected 1 of pump at DE; got 1 of pump at Wien",
    ),
    case_fails(
        "a script that refuses what its case expects to be placed is refused",
        f"{SHOP} when = {{ items = {{ pump = 101 }} }}, expect = {{}}",
        "expected 101 of pump at the root; got refuse: ask us",
    ),
    case_fails(
        "a script that moves where its case expects an alert is refused",
        'given = { A = { tea = 1 }, Yard = {} }, when = { location = "A", sku = "tea", change = 2 }, '
        'expect = { move = { to = "Yard", quantity = 1 }, alert = "full" }',
        "expected move 1 to Yard, alert: full; got move 2 to Yard",
        MOVE,
        "update",
    ),
    case_fails(
        "a script that moves where its case expects nothing is refused",
        'given = { A = { tea = 1 }, Yard = {} }, when = { location = "A", sku = "tea", change = 2 }, expect = {}',
        "expected accept; got move 2 to Yard",
        MOVE,
        "update",
    ),
    case_fails(
        "a script that fails in its case is refused with the line",
        "given = { A = { tea = 1 } }, when = { items = { tea = 1 } }, expect = {}",
        "the script house, line 1 failed: no",
        'function reserve() error("no") end',
    ),
    case_fails(
        "a script whose decision in its case cannot be is refused",
        "given = { A = { tea = 1 } }, when = { items = { tea = 1 } }, expect = {}",
        "the script house failed: at: there is no location 'B'",
        'function reserve() return { at = "B" } end',
    ),
    case_fails(
        "a case has no words that nobody knows",
        "wenn = {}",
        "a case has 'wenn'; it may have name, given, tagged, when, expect",
    ),
    case_fails(
        "what a case asks has no words that nobody knows",
        'when = { item = "tea" }, expect = {}',
        "when has 'item'; it may have code, tags, items, location",
    ),
    case_fails("a case says when", "expect = {}", "when is not a table of names with values"),
    case_fails("a case says what it expects", "when = {}", "expect is not a table of names with values"),
    case_fails("a case asks for items", "when = {}, expect = {}", "when.items is not a table of names with values"),
    case_fails(
        "items of a case are whole numbers",
        'when = { items = { tea = "1" } }, expect = {}',
        "when.items is not a table of names with whole numbers",
    ),
    case_fails(
        "items of a case are given somewhere",
        "when = { items = { tea = 1 } }, expect = {}",
        "no product has the SKU 'tea'",
    ),
    case_fails(
        "the places of a case are given",
        'given = { A = { tea = 1 } }, when = { items = { tea = 1 }, location = "B" }, expect = {}',
        "there is no location 'B'",
    ),
    case_fails(
        "tags of a case are texts",
        "given = { A = { tea = 1 } }, when = { items = { tea = 1 }, tags = { x = 1 } }, expect = {}",
        "when.tags is not a text",
    ),
    case_fails(
        "a change of a case is a whole number",
        'given = { A = { tea = 1 } }, when = { location = "A", sku = "tea" }, expect = {}',
        "when.change is not a whole number",
        WATCH,
        "update",
    ),
    Spec(
        name="a case without a name is called by its number",
        story=STORY,
        when=asked(NOTHING + "\ncase(nil) {}"),
        refused=CaseFailed(field="source", case="number 1", problem="when is not a table of names with values"),
    ),
    Spec(
        name="a script brings no more cases along than its limit",
        story=STORY,
        when=asked(
            NOTHING
            + f"\nfor n = 1, {SCRIPT_CASES_COUNT_MAX + 1} do\n"
            + 'case "a" { given = { A = { tea = 1 } }, when = { items = { tea = 1 } }, expect = {} } end'
        ),
        refused=CaseFailed(
            field="source",
            case=f"number {SCRIPT_CASES_COUNT_MAX + 1}",
            problem=f"more than {SCRIPT_CASES_COUNT_MAX} cases (SCRIPT_CASES_COUNT_MAX)",
        ),
    ),
]

OTHERS = [
    Spec(
        name="a script that was installed before gets its next version",
        story=STORY,
        given=(was(1, "function reserve() return {} end"),),
        when=asked(NOTHING),
        then=InstallScriptResp(version=2),
        events=[was(2)],
    ),
    Spec(
        name="a script that is installed as it is already changes nothing",
        story=STORY,
        given=(was(1), was(2, NEAREST)),
        when=asked(NEAREST),
        then=InstallScriptResp(version=2),
    ),
    Spec(
        name="a script that was removed goes on with its next version",
        story=STORY,
        given=(was(1), ScriptRemoved(hook="reserve", name="house", version=1, time_us=SPEC_NOW_US)),
        when=asked(NOTHING),
        then=InstallScriptResp(version=2),
        events=[was(2)],
    ),
    Spec(
        name="the oldest versions are forgotten",
        story=STORY,
        given=tuple(was(number) for number in range(1, SCRIPT_VERSIONS_COUNT_MAX + 3)),
        when=asked(NEAREST),
        then=InstallScriptResp(version=SCRIPT_VERSIONS_COUNT_MAX + 3),
        events=[was(SCRIPT_VERSIONS_COUNT_MAX + 3, NEAREST)],
    ),
    Spec(
        name="a hook that decides asks one script",
        story=STORY,
        given=(was(1),),
        when=asked(NOTHING, name="other"),
        refused=HookTaken(field="name", hook="reserve", script="house"),
    ),
    Spec(
        name="each hook has a script of its own",
        story=STORY,
        given=(was(1),),
        when=asked(WATCH, "update"),
        then=InstallScriptResp(version=1),
        events=[was(1, WATCH, "update")],
    ),
    Spec(
        name="a tenant has no more scripts than its limit",
        story=STORY,
        given=tuple(was(1, hook="report", name=f"column {number}") for number in range(SCRIPTS_COUNT_MAX)),
        when=asked(NOTHING),
        refused=TooManyScripts(count=SCRIPTS_COUNT_MAX + 1, most=SCRIPTS_COUNT_MAX),
    ),
    Spec(
        name="a hook that does not exist is not overlooked",
        story=STORY,
        when=asked(NOTHING, "reserved"),
        refused=HookNotFound(field="hook", hook="reserved", hooks="report, reserve, update"),
    ),
    Spec(name="a script has a name", story=STORY, when=asked(NOTHING, name=" "), refused=Blank(field="name")),
    Spec(
        name="the name of a script is no longer than its limit",
        story=STORY,
        when=asked(NOTHING, name="x" * (SCRIPT_NAME_CHARS_MAX + 1)),
        refused=TooLong(
            field="name", chars=SCRIPT_NAME_CHARS_MAX + 1, limit="SCRIPT_NAME_CHARS_MAX", most=SCRIPT_NAME_CHARS_MAX
        ),
    ),
    Spec(name="a script has something to read", story=STORY, when=asked(""), refused=Blank(field="source")),
    Spec(
        name="a script is no longer than its limit",
        story=STORY,
        when=asked("-" * (SCRIPT_SOURCE_CHARS_MAX + 1)),
        refused=TooLong(
            field="source",
            chars=SCRIPT_SOURCE_CHARS_MAX + 1,
            limit="SCRIPT_SOURCE_CHARS_MAX",
            most=SCRIPT_SOURCE_CHARS_MAX,
        ),
    ),
    unreadable(
        "a script that does not compile is refused with the line",
        "function reserve(order)\n  retrun 1\nend",
        "house, line 2",
        "syntax error near '1'",
    ),
    unreadable(
        "a script has the function of its hook",
        "function reserv() end",
        "house",
        "there is no function reserve(...) in it",
    ),
    unreadable(
        "a script that fails before it is asked anything is refused",
        "\nlocal x = nil .. 1",
        "house, line 2",
        "attempt to concatenate a nil value",
    ),
    unreadable(
        "a script is text, never code of the machine",
        "\x1bLua",
        "house",
        "attempt to load a binary chunk (mode is 't')",
    ),
]

SPECS = [replace(spec, heavy=True) for spec in (*WITH_CASES, *OTHERS)]  # an interpreter is made for each
