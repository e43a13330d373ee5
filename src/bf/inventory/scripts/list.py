"""List the scripts of all hooks, with the versions that are known."""

from itertools import groupby
from operator import itemgetter

from bf.core.feature import handles
from bf.core.tx import Tx
from bf.inventory.api.requests_pb2 import ListScriptsReq, ListScriptsResp

Version = ListScriptsResp.Version


@handles(ListScriptsReq)
def list_scripts(tx: Tx, _req: ListScriptsReq) -> ListScriptsResp:
    """Show them by hook and name, the newest version first."""
    rows = tx.query(
        """
        SELECT hook, name, version, source, installed_us, removed_us, active
        FROM script_version ORDER BY hook, name, version DESC
        """
    )
    resp = ListScriptsResp()
    for (hook, name), versions in groupby(rows, key=itemgetter(0, 1)):
        shown = [
            Version(
                version=version, source=source, installed_us=installed, removed_us=removed or 0, active=bool(active)
            )
            for _, _, version, source, installed, removed, active in versions
        ]
        resp.scripts.add(hook=hook, name=name, versions=shown)
    return resp
