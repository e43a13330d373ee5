"""Specs of removing scripts."""

from bf.core.spec import SPEC_NOW_US, Spec
from bf.inventory.api.events_pb2 import ScriptInstalled, ScriptRemoved
from bf.inventory.api.requests_pb2 import RemoveScriptReq, RemoveScriptResp
from bf.inventory.scripts.errors import ScriptNotFound

STORY = "docs/stories.md#deciding-by-a-script"

INSTALLED = ScriptInstalled(hook="reserve", name="house", version=3, source="function reserve() end")
REMOVED = ScriptRemoved(hook="reserve", name="house", version=3, time_us=SPEC_NOW_US)

SPECS = [
    Spec(
        name="a script is removed from its hook",
        story=STORY,
        given=(INSTALLED,),
        when=RemoveScriptReq(hook="reserve", name="house"),
        then=RemoveScriptResp(),
        events=[REMOVED],
    ),
    Spec(
        name="a script that is not there cannot be removed",
        story=STORY,
        when=RemoveScriptReq(hook="reserve", name="house"),
        refused=ScriptNotFound(field="name", hook="reserve", script="house"),
    ),
    Spec(
        name="a script of another hook is not removed",
        story=STORY,
        given=(INSTALLED,),
        when=RemoveScriptReq(hook="update", name="house"),
        refused=ScriptNotFound(field="name", hook="update", script="house"),
    ),
    Spec(
        name="a script is removed once",
        story=STORY,
        given=(INSTALLED, REMOVED),
        when=RemoveScriptReq(hook="reserve", name="house"),
        refused=ScriptNotFound(field="name", hook="reserve", script="house"),
    ),
]
