"""Specs of listing scripts."""

from bf.core.spec import Spec
from bf.inventory.api.events_pb2 import ScriptInstalled, ScriptRemoved
from bf.inventory.api.requests_pb2 import ListScriptsReq, ListScriptsResp

STORY = "docs/stories.md#deciding-by-a-script"

Script, Version = ListScriptsResp.Script, ListScriptsResp.Version

SPECS = [
    Spec(name="a tenant without scripts lists none", story=STORY, when=ListScriptsReq(), then=ListScriptsResp()),
    Spec(
        name="scripts are listed by hook and name, their newest versions first, with what was removed",
        story=STORY,
        given=(
            ScriptInstalled(hook="update", name="watch", version=1, source="one", time_us=5),
            ScriptInstalled(hook="reserve", name="house", version=1, source="two", time_us=6),
            ScriptInstalled(hook="reserve", name="house", version=2, source="three", time_us=7),
            ScriptRemoved(hook="update", name="watch", version=1, time_us=8),
        ),
        when=ListScriptsReq(),
        then=ListScriptsResp(
            scripts=[
                Script(
                    hook="reserve",
                    name="house",
                    versions=[
                        Version(version=2, source="three", installed_us=7, active=True),
                        Version(version=1, source="two", installed_us=6),
                    ],
                ),
                Script(
                    hook="update",
                    name="watch",
                    versions=[Version(version=1, source="one", installed_us=5, removed_us=8)],
                ),
            ]
        ),
    ),
]
