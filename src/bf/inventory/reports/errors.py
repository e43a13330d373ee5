"""Refusals around reports."""

from bf.core.refusal import Code, Refusal


class ReportNameTaken(Refusal):
    """A name that a report has already."""

    code = Code.ALREADY_EXISTS
    text = "{field}: a report is named {name!r} already; DropReport makes room for another one"
    field: str
    name: str


class ReportNotFound(Refusal):
    """A name that no report has."""

    code = Code.NOT_FOUND
    text = "{field}: no report is named {name!r}; ListReports shows them"
    field: str
    name: str


class NotOneRule(Refusal):
    """A report that does not say in exactly one way what it covers."""

    code = Code.INVALID_ARGUMENT
    text = "{field}: {count} of `locations`, `children_of` and `tagged` are given; give exactly one"
    field: str
    count: int


class TooManyReports(Refusal):
    """A report beyond those that a tenant may have."""

    code = Code.FAILED_PRECONDITION
    text = "there would be {count} reports; REPORTS_MAX allows {most}: drop some"
    count: int
    most: int


class NotAPage(Refusal):
    """A page that no answer has named as the next one."""

    code = Code.INVALID_ARGUMENT
    text = "{field} is {value!r}, which is no page: take `next_page` of the page before"
    field: str
    value: str
