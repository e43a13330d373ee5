-- The state of one tenant's stock. Derived from its log: rebuilt by replay, never altered.
-- Comments stand inside the statements, where SQLite keeps them.

CREATE TABLE location (
    -- Places inside places: regions, warehouses, rows, shelves, bins, containers on their way.
    uid INTEGER PRIMARY KEY,            -- the number behind the uid, as everywhere; 0 is the root
    name TEXT NOT NULL,
    parent INTEGER REFERENCES location,
    height INTEGER NOT NULL DEFAULT 0,  -- levels below it; the root's is not kept
    UNIQUE (parent, name)
) STRICT;

-- The tallest child of a location, found without looking at its leaves.
CREATE INDEX location_by_height ON location (parent, height) WHERE height > 0;

INSERT INTO location (uid, name, parent) VALUES (0, '', NULL);

CREATE TABLE product (
    -- What can be stocked.
    uid INTEGER PRIMARY KEY,
    sku TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE stock (
    -- What lies where, and what is promised. Totals are kept along the path to the root, so that every question about
    -- a location is one row, whatever is inside it. Rows of nothing are deleted.
    --
    --     root         on hand 3  reserved 2
    --       Warehouse  on hand 3  reserved 2     a reservation of 1 here, one of 1 at Shelf 1
    --         Shelf 1  here 2     reserved 1
    --         Shelf 2  here 1
    location INTEGER NOT NULL REFERENCES location,
    product INTEGER NOT NULL REFERENCES product,
    here INTEGER NOT NULL CHECK (here >= 0),          -- units at this very location
    on_hand INTEGER NOT NULL,                         -- units here and everywhere inside
    reserved INTEGER NOT NULL CHECK (reserved >= 0),  -- units promised here and everywhere inside
    CHECK (reserved <= on_hand),                      -- never oversell
    PRIMARY KEY (location, product)
) STRICT, WITHOUT ROWID;

CREATE TABLE reservation (
    -- Open reservations: promises to customers.
    uid INTEGER PRIMARY KEY,
    code TEXT NOT NULL UNIQUE  -- the retailer's own
) STRICT;

CREATE TABLE reservation_line (
    -- What a reservation promises: so many units from anywhere inside a location.
    reservation INTEGER NOT NULL REFERENCES reservation,
    product INTEGER NOT NULL REFERENCES product,
    location INTEGER NOT NULL REFERENCES location,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (reservation, product, location)
) STRICT, WITHOUT ROWID;

CREATE TABLE location_tag (
    -- Words of the retailer's own for locations.
    location INTEGER NOT NULL REFERENCES location,
    tag TEXT NOT NULL,
    PRIMARY KEY (location, tag)
) STRICT, WITHOUT ROWID;

CREATE INDEX location_by_tag ON location_tag (tag, location);

CREATE TABLE transfer (
    -- Goods on their way from one location to another.
    code TEXT PRIMARY KEY,  -- the retailer's own
    source INTEGER NOT NULL REFERENCES location,
    destination INTEGER NOT NULL REFERENCES location
) STRICT, WITHOUT ROWID;

CREATE TABLE transfer_line (
    -- What has left the source and not reached the destination: on hand nowhere.
    transfer TEXT NOT NULL REFERENCES transfer,
    product INTEGER NOT NULL REFERENCES product,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (transfer, product)
) STRICT, WITHOUT ROWID;

CREATE TABLE report (
    -- Named views of stock. One without a parent and without a tag covers the locations that it lists.
    name TEXT PRIMARY KEY,
    parent INTEGER REFERENCES location,  -- it covers what lies directly in this location
    tag TEXT                             -- it covers what has this tag
) STRICT, WITHOUT ROWID;

CREATE TABLE report_location (
    -- What a report lists.
    report TEXT NOT NULL REFERENCES report,
    location INTEGER NOT NULL REFERENCES location,
    PRIMARY KEY (report, location)
) STRICT, WITHOUT ROWID;

CREATE TABLE enabled_feature (
    -- Optional features that this tenant has.
    name TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE wave (
    -- Reservations inside one location that are picked together, in the order of their uids.
    code TEXT PRIMARY KEY,  -- the retailer's own
    location INTEGER NOT NULL REFERENCES location
) STRICT, WITHOUT ROWID;

CREATE TABLE wave_reservation (
    -- One that is fulfilled or cancelled by itself stays in its wave until its turn comes.
    reservation INTEGER PRIMARY KEY,
    wave TEXT NOT NULL REFERENCES wave
) STRICT;

CREATE INDEX reservation_by_wave ON wave_reservation (wave);

CREATE TABLE script_version (
    -- What was installed for the hooks, and when.
    hook TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    source TEXT NOT NULL,
    installed_us INTEGER NOT NULL,
    removed_us INTEGER,                     -- NULL: it is asked, or was followed by another version
    active INTEGER NOT NULL DEFAULT 1,      -- whether it is asked
    PRIMARY KEY (hook, name, version)
) STRICT, WITHOUT ROWID;

CREATE INDEX active_script ON script_version (hook, name) WHERE active;

CREATE TABLE alert (
    -- What scripts wanted somebody to know; the newest of them.
    number INTEGER PRIMARY KEY,
    time_us INTEGER NOT NULL,
    script TEXT NOT NULL,
    location INTEGER NOT NULL REFERENCES location,
    product INTEGER NOT NULL REFERENCES product,
    text TEXT NOT NULL
) STRICT;
