"""Run the specs: ours or a bundle's, here or on a subject in any language."""

import argparse
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager
from time import perf_counter

from bf.adapters.sqlite.database import empty_state
from bf.cli.choice import Choice, add_file, choose
from bf.cli.differences import differences
from bf.cli.outcomes import Result, as_json, block, summary
from bf.cli.packages import add_features, domains_with
from bf.cli.usage import UsageError, address
from bf.core.domain import Domain
from bf.core.spec import Outcome, Spec
from bf.core.spec import run as run_spec
from bf.inventory.domain import INVENTORY

EXAMPLES = """\
  bf test                                    all of ours
  bf test reserve                            those with "reserve" in their name or feature
  bf test 'move.*root' --json                a regular expression; the result for machines
  bf test --features my_company.features     ours and those of a package, on the tables of both
  bf test --file bundle.txt                  somebody else's specs on our code
  bf test --subject 127.0.0.1:50051          our specs on somebody else's code"""

Runner = Callable[[Spec], Outcome]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Name what the command takes."""
    parser.add_argument("pattern", nargs="?", metavar="PATTERN", help="a regular expression on names and features")
    add_file(parser)
    add_features(parser)
    parser.add_argument("--subject", metavar="HOST:PORT", help="run on this subject; heavy specs are left out")
    parser.add_argument("--json", action="store_true", help="write the result as JSON")


def run(args: argparse.Namespace) -> int:
    """Return 1 if a spec fails."""
    start = perf_counter()
    domain = domains_with(args.features).all
    choices = choose(args.pattern, args.file, domain)
    if args.subject:
        choices = [choice for choice in choices if not choice.spec.heavy]
    with _runner(args.subject, domain) as runner:
        results = [_result(choice, runner) for choice in choices]
    seconds = perf_counter() - start
    if args.json:
        print(as_json(results, seconds))
    else:
        for result in results:
            if not result.passed:
                print(block(result))
        print(summary(results, seconds))
    return 0 if all(result.passed for result in results) else 1


@contextmanager
def _runner(subject: str | None, domain: Domain) -> Generator[Runner]:
    if subject is None:
        state = empty_state(domain)
        yield lambda spec: run_spec(spec, state)
        return
    from bf.adapters.kata.remote import Remote, SubjectError  # noqa: PLC0415  # only this way needs the network

    with Remote(*address("--subject", subject), INVENTORY) as remote:
        try:
            remote.about()
        except SubjectError as error:
            raise UsageError(f"--subject: {error}; start one with: bf subject --addr {subject}") from error
        yield remote.run


def _result(choice: Choice, runner: Runner) -> Result:
    """Run one spec; whatever it raises besides a refusal is a bug, and the run goes on."""
    try:
        return Result(choice, differences(choice.spec, runner(choice.spec)))
    except Exception as error:  # noqa: BLE001  # see above
        return Result(choice, error=traceback.format_exception_only(error)[-1].strip())
