"""The named limits of stock keeping: each ends with its unit and MAX."""

NAME_CHARS_MAX = 256
"""The longest name of a location."""

SKU_CHARS_MAX = 128
"""The longest SKU."""

CODE_CHARS_MAX = 256
"""The longest code of a reservation, a transfer or a wave."""

LOCATION_DEPTH_MAX = 40
"""How deep locations may nest; every answer about a tree nests with it, and parsers stop at 100."""

ADDED_LOCATIONS_MAX = 10_000
"""How many locations one request may create."""

ADDED_PRODUCTS_MAX = 10_000
"""How many products one request may create."""

LISTED_LOCATIONS_MAX = 5_000
"""How many locations one answer may show."""

LISTED_PRODUCTS_MAX = 5_000
"""How many products one answer may show."""

ORDER_LINES_MAX = 1_000
"""How many items one reservation or its fulfilment may have."""

TAGS_MAX = 100
"""How many tags an order may carry."""

TAG_CHARS_MAX = 256
"""The longest key or value of an order's tag, and the longest tag of a location."""

LOCATION_TAGS_MAX = 50
"""How many tags a location may have."""

TAGGED_LOCATIONS_MAX = 1_000
"""How many locations one request may tag."""

TRANSFER_LINES_MAX = 1_000
"""How many items one transfer may have."""

LISTED_TRANSFER_LINES_MAX = 5_000
"""How many lines of transfers one answer may show: five whole transfers always fit."""

COUNTED_PRODUCTS_MAX = 1_000
"""How many products one stock-take may count."""

WAVE_LINES_MAX = 2_000
"""How many lines a wave may have: each takes units of one product from one place."""

REASON_CHARS_MAX = 1_000
"""The longest reason of a difference."""

ON_HAND_UNITS_MAX = 10**15
"""How many units of one product a tenant may hold in all; every sum of stock stays far inside int64."""

REPORTS_MAX = 100
"""How many reports a tenant may have."""

REPORT_NAME_CHARS_MAX = 256
"""The longest name of a report."""

REPORT_LOCATIONS_MAX = 1_000
"""How many locations a report may cover."""

REPORT_ROWS_MAX = 1_000
"""How many products a page of a report may look at."""

REPORT_CELLS_MAX = 50_000
"""How many products times locations a page of a report may look at."""

SCRIPT_NAME_CHARS_MAX = 64
"""The longest name of a script."""

SCRIPT_SOURCE_CHARS_MAX = 16 * 1024
"""The longest script."""

SCRIPTS_COUNT_MAX = 20
"""How many scripts a tenant may have."""

SCRIPT_VERSIONS_COUNT_MAX = 40
"""How many versions are kept that are not asked any more; the oldest are forgotten first."""

SCRIPT_CASES_COUNT_MAX = 20
"""How many cases a script may bring along."""

SCRIPT_READ_LOCATIONS_MAX = 1_000
"""How many locations a script is told at a time."""

SCRIPT_ROWS_COUNT_MAX = 1_000
"""How many rows of a report a script is asked about at a time."""

SCRIPT_TEXT_CHARS_MAX = 500
"""The longest reason, alert or value of a report that a script may give."""

ALERTS_COUNT_MAX = 1_000
"""How many alerts are kept; the oldest are forgotten first."""
