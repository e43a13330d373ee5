"""Refusals around scripts."""

from bf.core.refusal import Code, Refusal


class HookNotFound(Refusal):
    """A name that no hook has."""

    code = Code.INVALID_ARGUMENT
    text = "{field}: there is no hook {hook!r}; there are: {hooks}"
    field: str
    hook: str
    hooks: str


class ScriptUnreadable(Refusal):
    """A source that does not compile, or has not the function that its hook asks."""

    code = Code.INVALID_ARGUMENT
    text = "{field}: {where}: {problem}"
    field: str
    where: str
    problem: str


class CaseFailed(Refusal):
    """A script that does not do what its own case says."""

    code = Code.INVALID_ARGUMENT
    text = "{field}: the case {case!r} fails: {problem}"
    field: str
    case: str
    problem: str


class HookTaken(Refusal):
    """A hook that asks one script, and has another already."""

    code = Code.ALREADY_EXISTS
    text = "{field}: the hook {hook} asks the script {script!r} already: install under this name, or remove it first"
    field: str
    hook: str
    script: str


class TooManyScripts(Refusal):
    """More scripts than a tenant may have."""

    code = Code.FAILED_PRECONDITION
    text = "this would be script {count}; SCRIPTS_COUNT_MAX allows {most}: remove one"
    count: int
    most: int


class ScriptNotFound(Refusal):
    """A name that no script of a hook has."""

    code = Code.NOT_FOUND
    text = "{field}: the hook {hook} has no script {script!r}"
    field: str
    hook: str
    script: str


class ScriptFailed(Refusal):
    """A script that failed while it was asked, or decided what cannot be."""

    code = Code.FAILED_PRECONDITION
    text = "the script {where} failed: {problem}"
    where: str
    problem: str


class ScriptBeyondLimit(Refusal):
    """A script that took more than it may."""

    code = Code.RESOURCE_EXHAUSTED
    text = "the script {where} took {problem}"
    where: str
    problem: str


class RefusedByScript(Refusal):
    """A request that a tenant's own script does not want."""

    code = Code.FAILED_PRECONDITION
    text = "{why} (the script {script})"
    script: str
    why: str
