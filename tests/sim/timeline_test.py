"""A timeline shows every machine, marks what was violated, and lets nothing out of its data."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from bf.sim.draw import draw
from bf.sim.errors import ViolationError
from bf.sim.history import Asked
from bf.sim.plan import Plan
from bf.sim.timeline import MESSAGES_COUNT_MAX, REQUESTS_COUNT_MAX, Timeline, as_page, as_text
from bf.sim.watching import Happening, watch

EVIL = '</script><script>alert("1")</script>'


@pytest.fixture(scope="module")
def timeline() -> Timeline:
    outcome, happenings = watch(draw("swarm", 5, 20))
    return Timeline(outcome, happenings, "bf sim replay --seed 5", "0123abc")


def violated(timeline: Timeline, what: str, tenant: str = "acme") -> Timeline:
    return replace(timeline, outcome=replace(timeline.outcome, violation=ViolationError("5", what, tenant)))


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found[1])


class Words(HTMLParser):
    """Collects the elements and the words of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_watching_changes_nothing(timeline: Timeline) -> None:
    again, happenings = watch(timeline.plan)
    assert again.digest == timeline.outcome.digest
    assert happenings == timeline.happenings


def test_every_machine_has_a_lane(timeline: Timeline) -> None:
    page = as_page(timeline)
    lanes = re.findall(r'<div class="lane (\w+)">([\w-]+)</div>', page)
    expected = ["world", *timeline.plan.servers, *timeline.plan.clients, "furnisher"]
    assert [name for _, name in lanes] == expected
    assert [lane["name"] for lane in data_of(page)["lanes"]] == expected


def test_whatever_happens_is_on_a_lane(timeline: Timeline) -> None:
    data = data_of(as_page(timeline))
    lanes = range(len(data["lanes"]))
    assert {each[2] for each in data["requests"]} <= set(lanes)
    assert {lane for each in data["messages"] for lane in each[1:3]} <= set(lanes)
    assert len(data["requests"]) == len(timeline.outcome.history.asked)
    assert len(data["messages"]) == timeline.outcome.messages
    assert len(data["faults"]) == len(timeline.plan.faults)
    assert {each[0] for each in data["lives"]} == {
        data["lanes"].index({"name": name, "kind": "server"}) for name in timeline.plan.servers
    }


def test_a_violation_is_marked_where_the_last_of_what_it_names_happened(timeline: Timeline) -> None:
    asked = next(each for each in timeline.outcome.history.asked if each.request_id and each.answer)
    bad = violated(timeline, f"{asked.request_id} was carried out twice", asked.tenant)
    page = as_page(bad)
    data = data_of(page)
    assert data["until"] == pytest.approx(asked.ended_s, abs=1e-5)
    assert [each[4] for each in data["requests"] if each[6] == str(asked)] == [1]
    assert sum(each[4] for each in data["requests"]) == 1
    assert '<header class="bad">' in page
    assert "invariant 5 is violated" in page
    assert page.count('<tr class="named">') == 2
    text = as_text(bad)
    assert text.count("<-- named in the violation") == 2
    assert text.rstrip().endswith(f"violated: invariant 5: {asked.request_id} was carried out twice")


def test_a_run_in_which_nothing_was_violated_is_good(timeline: Timeline) -> None:
    page = as_page(timeline)
    assert '<header class="good">' in page
    assert data_of(page)["until"] is None
    assert "nothing was violated" in as_text(timeline)


def test_texts_are_escaped(timeline: Timeline) -> None:
    evil = Happening(timeline.happenings[-1].at_s, "log", timeline.plan.servers[0], EVIL)
    bad = violated(replace(timeline, happenings=[*timeline.happenings, evil], replay=EVIL, commit=EVIL), EVIL)
    read = Words(as_page(bad))
    scripts = [attributes for tag, attributes in read.elements if tag == "script"]
    assert scripts == [{"type": "application/json", "id": "data"}, {}]
    assert read.words.count(EVIL) >= 3
    assert EVIL in [each[3] for each in data_of(as_page(bad))["points"]]


def test_a_page_needs_nothing_from_elsewhere(timeline: Timeline) -> None:
    read = Words(as_page(timeline))
    assert [tag for tag, attributes in read.elements if tag == "link" or {"src", "href"} & set(attributes)] == []
    assert re.findall(r"https?://(?!www\.w3\.org/)|@import|url\(", as_page(timeline)) == []


def test_the_last_happenings_of_a_tenant_are_its_own(timeline: Timeline) -> None:
    tenant = next(iter(timeline.plan.homes))
    last = timeline.last_of(tenant)
    assert 0 < len(last) <= 15
    for happening in last:
        assert happening.kind not in ("message", "sync")
        assert happening.kind not in ("ask", "answer") or happening.what.startswith(f"{tenant}:")
        over = happening.at_s >= timeline.outcome.simulated_s  # everybody's life ends with the run: that is no news
        assert happening.kind != "life" or not happening.what.endswith("ends") or not over


def test_a_large_run_makes_no_large_page(timeline: Timeline) -> None:
    server, client = timeline.plan.servers[0], next(iter(timeline.plan.clients))
    many = [Happening(at / 10, "message", f"{client}>{server}", "100 bytes") for at in range(100_000)]
    request = timeline.outcome.history.asked[0].request
    asked = [Asked(at, client, "acme", request, f"acme/{client}/{at}", at / 4, 0) for at in range(40_000)]
    outcome = replace(timeline.outcome, simulated_s=10_000.0)
    outcome.history = replace(outcome.history, asked=asked)
    large = violated(replace(timeline, outcome=outcome, happenings=[*many, *timeline.happenings]), "acme/x/1 is lost")
    page = as_page(large)
    data = data_of(page)
    assert len(data["messages"]) <= MESSAGES_COUNT_MAX
    assert len(data["requests"]) <= REQUESTS_COUNT_MAX
    near = [each for each in data["messages"] if abs(each[0] - large.until_s) < 5]
    assert len(near) >= 50, "near what matters nothing is left out"
    assert len(page) < 8_000_000


def test_a_plan_that_breaks_the_simulation_has_a_timeline_too() -> None:
    outcome, happenings = watch(Plan("swarm", "swarm/1", 5.0, homes={"acme": "server-9"}))
    assert outcome.violation
    assert outcome.violation.invariant == "simulation"
    assert "invariant simulation is violated" in as_page(Timeline(outcome, happenings))
