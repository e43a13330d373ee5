"""Specs."""

from bf.core.spec import Spec

SPECS: list[Spec] = []
