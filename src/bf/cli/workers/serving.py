"""Where a server with workers is put together: what is made once, the workers, and one port for all of them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial

from bf.adapters.machine.clock import MachineClock
from bf.adapters.operator.server import OperatorSocket
from bf.adapters.sqlite.release_0_1 import upgrade
from bf.adapters.sqlite.storage import DirectoryStorage
from bf.adapters.workers.accepting import Acceptor
from bf.cli.front import certificates_of
from bf.cli.listening import listen
from bf.cli.packages import domains_of
from bf.cli.takeover import hand_over, take_over
from bf.cli.wiring import Plan, locked, started
from bf.cli.workers.relay import Relay
from bf.cli.workers.supervisor import Supervisor


@asynccontextmanager
async def supervising(tenants: DirectoryStorage, plan: Plan) -> AsyncGenerator[int]:
    """Serve the tenants of a data directory with workers; yield the port, and at the end finish what was begun."""
    place, lookout = plan.place, plan.lookout
    place.check()
    supervisor = Supervisor(tenants, plan)
    relay = Relay(supervisor, tenants, MachineClock())
    try:
        await supervisor.hire()
        listening = await take_over(tenants, domains_of(tenants.root).of) if plan.take_over else await locked(tenants)
        await upgrade(tenants)
        if not place.plain:
            certificates_of(tenants.root, tenants.folder, place.domain)
        listening = listening or listen(place.host, place.port)
        acceptor = Acceptor(listening, supervisor.hand, look=not place.plain)
        operator = OperatorSocket(tenants.root, {**relay.table(), "hand_over": hand_over(tenants, listening)})
        await supervisor.begin()
        await lookout.start(partial(relay.collect, lookout))
        await started(operator, tenants)
        acceptor.start()
        try:
            yield listening.getsockname()[1]
        finally:
            await acceptor.stop()
            await operator.stop()
    finally:
        await supervisor.stop()
        await lookout.stop()
