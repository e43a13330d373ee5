"""A spec: given events, when a request, then a response and events, or a refusal."""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from google.protobuf.message import Message

from bf.core.domain import Domain
from bf.core.refusal import Refusal, Told
from bf.core.state import State

SPEC_NOW_US = 1_669_366_800_000_000
"""The time of every spec: Black Friday, 2022-11-25 09:00 UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One sentence of what a feature does, and its proof."""

    name: str
    when: Message
    given: Sequence[Message] = ()
    then: Message | None = None
    events: Sequence[Message] = ()
    refused: Refusal | None = None
    story: str = ""
    """Where its user story is told: docs/stories.md#anchor."""
    prose: str = ""
    """Why it is so, drawings included."""
    heavy: bool = False
    """Too slow for a loop that measures."""

    def portable(self) -> "Spec":
        """Return the spec with what other implementations can be asked: no story, of a refusal only code and text."""
        refused = self.refused and Told(code=self.refused.code, message=str(self.refused))
        return replace(self, given=tuple(self.given), events=tuple(self.events), refused=refused, story="", heavy=False)


class Outcome(NamedTuple):
    """What came out of a spec's request."""

    response: Message | None
    events: Sequence[Message]
    refusal: Refusal | None


def specs_of(domain: Domain) -> list[Spec]:
    """Return the specs beside each feature of a domain, in the order of its list."""
    return [spec for feature in domain.features for spec in importlib.import_module(f"{feature.name}_specs").SPECS]


def run(spec: Spec, state: State) -> Outcome:
    """Run a spec on an empty state and leave the state empty; only a bug raises."""
    state.begin()
    try:
        return run_and_keep(spec, state)
    finally:
        state.rollback()


def run_and_keep(spec: Spec, state: State) -> Outcome:
    """Run a spec inside an open transaction, which the caller ends."""
    state.replay(spec.given, SPEC_NOW_US)
    try:
        done = state.execute(spec.when, SPEC_NOW_US)
    except Refusal as refusal:
        return Outcome(None, (), refusal)
    return Outcome(done.response, done.events, None)
