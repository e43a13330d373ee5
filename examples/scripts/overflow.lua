-- What does not fit on a shelf goes on to the reserve of its house.

local FITS = 10

function update(change)
    local house = string.match(change.location.path, "^([^/]+)/Shelf")
    if house and change.after > FITS and change.on_hand_change > 0 then
        local beyond = math.min(change.after - FITS, change.on_hand_change)
        return { move = { to = house .. "/Reserve", quantity = beyond } }
    end
end

local HOUSE = { ["Berlin/Shelf 1"] = { pump = 8 }, ["Berlin/Reserve"] = { pump = 100 } }

case "five more, three too many" {
    given = HOUSE,
    when = { location = "Berlin/Shelf 1", sku = "pump", change = 5 },
    expect = { move = { to = "Berlin/Reserve", quantity = 3 } },
}

case "a delivery to the reserve stays there" {
    given = HOUSE,
    when = { location = "Berlin/Reserve", sku = "pump", change = 50 },
    expect = {},
}
