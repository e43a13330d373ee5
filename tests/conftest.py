"""How hard hypothesis tries: the normal run is short and always the same, BF_HYPOTHESIS=long is a campaign."""

import os
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

sys.path.insert(0, str(Path(__file__).parents[1]))  # so that tests find each other's helpers: tests.inventory.model

settings.register_profile(
    "normal",
    derandomize=True,
    deadline=None,
    max_examples=100,
    stateful_step_count=40,
    report_multiple_bugs=False,  # one at a time is found and made small sooner
    suppress_health_check=[HealthCheck.too_slow],  # a busy machine is not a broken test
)
settings.register_profile(
    "long", settings.get_profile("normal"), derandomize=False, max_examples=5_000, stateful_step_count=60
)
settings.load_profile(os.environ.get("BF_HYPOTHESIS", "normal"))
