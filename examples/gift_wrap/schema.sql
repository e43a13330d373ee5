CREATE TABLE gift_wrap_gift (
    -- Which reservations are wrapped, and in what.
    reservation INTEGER PRIMARY KEY,
    paper TEXT NOT NULL
) STRICT;
