"""The columns of a report: the locations that it covers now."""

import json
from typing import NamedTuple

from bf.core.ports import Row
from bf.core.tx import Tx
from bf.inventory.errors import TooMuchToShow
from bf.inventory.limits import REPORT_LOCATIONS_MAX
from bf.inventory.reports.errors import ReportNotFound


class Column(NamedTuple):
    """A location of a report."""

    location: int
    name: str
    nested: bool
    """Whether it lies inside another one of them."""


def columns_of(tx: Tx, report: str) -> list[Column]:
    """Return what a report covers, in the order of the uids; ReportNotFound, TooMuchToShow."""
    rule = tx.one("SELECT parent, tag FROM report WHERE name = ?", report)
    if rule is None:
        raise ReportNotFound(field="name", name=report)
    found = _found(tx, report, *rule)
    if len(found) > REPORT_LOCATIONS_MAX:
        raise TooMuchToShow(
            limit="REPORT_LOCATIONS_MAX",
            most=REPORT_LOCATIONS_MAX,
            remedy="define reports that cover fewer locations each",
        )
    nested = _nested(tx, [location for location, _ in found])
    return [Column(location, name, location in nested) for location, name in found]


def _found(tx: Tx, report: str, parent: int | None, tag: str | None) -> list[Row]:
    """Return the locations with their names; one too many at most, whatever a rule finds."""
    most = REPORT_LOCATIONS_MAX + 1
    if parent is not None:  # sorted here, so that no more than these are
        return sorted(tx.query("SELECT uid, name FROM location WHERE parent = ? LIMIT ?", parent, most))
    if tag is not None:
        return [*tx.query(TAGGED, tag, most)]
    return [*tx.query(LISTED, report, most)]


TAGGED = """
SELECT uid, name FROM location_tag CROSS JOIN location ON uid = location_tag.location
WHERE tag = ? ORDER BY location_tag.location LIMIT ?
"""
LISTED = """
SELECT uid, name FROM report_location CROSS JOIN location ON uid = report_location.location
WHERE report = ? ORDER BY report_location.location LIMIT ?
"""


def _nested(tx: Tx, locations: list[int]) -> set[int]:
    """Return those that lie inside another one."""
    rows = tx.query(
        """
        WITH RECURSIVE around (uid, at) AS (
            SELECT uid, location.parent FROM json_each(?1) CROSS JOIN location ON uid = value
            UNION ALL
            SELECT around.uid, location.parent FROM around CROSS JOIN location ON location.uid = at
        )
        SELECT DISTINCT uid FROM around WHERE at IN (SELECT value FROM json_each(?1))
        """,
        json.dumps(locations),
    )
    return {uid for (uid,) in rows}
