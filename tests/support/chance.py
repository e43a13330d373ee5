"""Find in code what makes two runs of one seed differ, and what no fence can see while they run.

- the order of a set: another one in each process, as texts hash by a secret and objects by their address
- `id`, and `hash` of anything that is not made of numbers
- `__del__`: it runs when Python likes
- `asyncio.as_completed`: it keeps a set of what it was given
- state of a module that is changed: a run begins where another one ended
"""

import ast
from collections.abc import Iterator

SETS = {"set", "frozenset", "Set", "AbstractSet", "MutableSet"}
"""What makes a set, or says in an annotation that something is one."""

UNORDERED = {"union", "intersection", "difference", "symmetric_difference"}
"""Methods that give a set."""

TAKERS = {
    "list",
    "tuple",
    "iter",
    "enumerate",
    "map",
    "filter",
    "zip",
    "reversed",
    "join",
    "fromkeys",
    "extend",
    "deque",
}
"""Calls that keep the order of what they are given."""

CHANGES = {
    *("append", "appendleft", "extend", "insert", "add", "update", "setdefault"),
    *("pop", "popleft", "popitem", "remove", "discard", "clear", "sort", "reverse"),
}
"""Methods that change what they belong to."""


def chances(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Return the lines of a module that leave something to chance, and what it is."""
    sets = set_names(tree)
    for node in ast.walk(tree):
        if any(is_set(each, sets) for each in iterated(node)):
            yield line(node), "the order of a set"
        if isinstance(node, ast.FunctionDef) and node.name == "__del__":
            yield node.lineno, "__del__"
        if isinstance(node, ast.Name | ast.Attribute) and last(node) == "as_completed":
            yield node.lineno, "as_completed"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("id", "hash"):
            yield node.lineno, node.func.id
    yield from changed(tree)


def iterated(node: ast.AST) -> list[ast.expr]:
    """Return what a node goes through in its order."""
    match node:
        case ast.For(iter=each) | ast.AsyncFor(iter=each) | ast.YieldFrom(value=each) | ast.Starred(value=each):
            return [each]
        case ast.ListComp() | ast.GeneratorExp() | ast.DictComp():
            return [each.iter for each in node.generators]
        case ast.Call(func=function, args=arguments) if last(function) in TAKERS:
            return arguments
        case ast.Assign(targets=[ast.Tuple() | ast.List()], value=each):
            return [each]
        case ast.Call(func=ast.Attribute(value=each, attr="pop"), args=[]):
            return [each]
        case _:
            return []


def is_set(node: ast.expr, names: set[str]) -> bool:
    """Say whether an expression is a set, as far as one sees."""
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Name() | ast.Attribute():
            return ast.unparse(node) in names
        case ast.Call(func=function):
            return of_set(function) or last(function) in UNORDERED
        case ast.BinOp(left=left, op=ast.Sub() | ast.BitAnd() | ast.BitOr() | ast.BitXor(), right=right):
            return any(is_set(side, names) or is_keys(side) for side in (left, right))
        case ast.IfExp(body=one, orelse=other):
            return is_set(one, names) or is_set(other, names)
        case _:
            return False


def is_keys(node: ast.expr) -> bool:
    """Say whether an expression is the keys of a mapping, which keep their order until they meet others."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("keys", "items")


def of_set(node: ast.expr) -> bool:
    """Say whether a name is that of a set's class: set, set[str], frozenset."""
    return last(node.value if isinstance(node, ast.Subscript) else node) in SETS


def set_names(tree: ast.Module) -> set[str]:
    """Return the names and attributes that a module calls sets, by what is put into them or by their types."""
    names = set[str]()
    for node in ast.walk(tree):
        match node:
            case ast.AnnAssign(target=target, annotation=kind) if of_set(kind):
                names.add(ast.unparse(target))
            case ast.arg(arg=name, annotation=kind) if kind and of_set(kind):
                names.add(name)
            case ast.Assign(targets=targets, value=value) if is_set(value, names):
                names.update(ast.unparse(target) for target in targets)
            case _:
                pass
    return names


def changed(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Return the lines at which state of the module is changed, and its name."""
    state = {target.id for node in tree.body for target in targets(node) if isinstance(target, ast.Name)}
    for node in ast.walk(tree):
        match node:
            case ast.Global(names=names):
                yield from ((node.lineno, f"state {name}") for name in names)
            case ast.Assign() | ast.AugAssign() | ast.AnnAssign() | ast.Delete():
                for target in targets(node):
                    owner = target.value if isinstance(target, ast.Subscript | ast.Attribute) else None
                    if isinstance(owner, ast.Name) and owner.id in state:
                        yield node.lineno, f"state {owner.id}"
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if (
                method in CHANGES and name in state
            ):
                yield node.lineno, f"state {name}"
            case _:
                pass


def targets(node: ast.AST) -> list[ast.expr]:
    """Return what a statement puts something into, or deletes."""
    match node:
        case ast.Assign(targets=several) | ast.Delete(targets=several):
            return several
        case ast.AnnAssign(target=one) | ast.AugAssign(target=one):
            return [one]
        case _:
            return []


def last(node: ast.expr) -> str:
    """Return the last word of a name: wait of asyncio.wait."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def line(node: ast.AST) -> int:
    """Return a node's line."""
    return getattr(node, "lineno", 0)
