"""The whole system in one deterministic simulation: the program's ports made of memory and one seed."""
