"""What can go wrong with a simulation itself, besides what it finds."""


class SimulationError(Exception):
    """The simulation cannot go on."""


class NothingHappensError(SimulationError):
    """Everybody waits for somebody else, for ever."""


class TooManyStepsError(SimulationError):
    """The run takes more steps than it may."""


class FenceError(SimulationError):
    """Something reached for the real world: a thread, a socket, a process, or the real clock."""


class ViolationError(SimulationError):
    """An invariant does not hold."""

    def __init__(self, invariant: str, what: str, tenant: str = "") -> None:
        super().__init__(f"invariant {invariant}: {what}")
        self.invariant = invariant
        self.what = what
        self.tenant = tenant
