"""The named limits of scripts in Lua: each ends with its unit and MAX. The first three can be set for a tenant."""

SCRIPT_INSTRUCTIONS_COUNT_MAX = 200_000
"""How many instructions of Lua one question to a script may take: about two milliseconds."""

SCRIPT_MEMORY_BYTES_MAX = 2 * 1024 * 1024
"""How many bytes a script may hold, its question and its answer included."""

SCRIPT_MS_MAX = 50
"""How much processor time one question may take; a net below the count of instructions, which cannot see all work."""

SCRIPT_READS_COUNT_MAX = 1_000
"""How often one question may ask what the tenant has."""

SCRIPT_RESULT_ITEMS_COUNT_MAX = 5_000
"""How many values an answer may consist of."""

SCRIPT_RESULT_BYTES_MAX = 64 * 1024
"""How many bytes of text an answer may have in all."""

SCRIPT_RESULT_DEPTH_MAX = 8
"""How deep the tables of an answer may nest."""

PATTERN_STEPS_COUNT_MAX = 5_000_000
"""How many steps matching a pattern may take at worst; no instruction is counted meanwhile."""

REPEATED_COUNT_MAX = 100_000
"""How often `string.rep` may repeat a text."""

HEADROOM_BYTES = 2 * 1024 * 1024
"""What Lua may allocate beyond a script's memory: a question and an answer are always handed over whole."""

STEP_INSTRUCTIONS = 1_000
"""How many instructions pass between two looks at what a script has used."""
