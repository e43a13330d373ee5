-- The first tagged house that has everything packs the order in one parcel; else each product comes from where it is.

local function has_all(house, items)
    for _, item in ipairs(items) do
        if available(house, item.sku) < item.quantity then return false end
    end
    return true
end

local function place_with(houses, item)
    for _, house in ipairs(houses) do
        if available(house, item.sku) >= item.quantity then return house end
    end
end

function reserve(order)
    local houses = tagged("ships")
    for _, house in ipairs(houses) do
        if has_all(house, order.items) then return { at = house } end
    end
    local split = {}
    for _, item in ipairs(order.items) do
        local house = place_with(houses, item)
        if not house then return { refuse = "no house has " .. item.quantity .. " of " .. item.sku } end
        split[#split + 1] = { sku = item.sku, quantity = item.quantity, at = house }
    end
    return { split = split }
end

local SHOP = { Berlin = { pump = 5 }, Hamburg = { pump = 1, hose = 3 }, Outlet = { pump = 99, hose = 99 } }
local SHIPS = { ships = { "Berlin", "Hamburg" } }

case "one house has all of it" {
    given = SHOP, tagged = SHIPS,
    when = { items = { pump = 1, hose = 1 } },
    expect = { at = "Hamburg" },
}

case "each product comes from the house that has it" {
    given = SHOP, tagged = SHIPS,
    when = { items = { pump = 4, hose = 2 } },
    expect = { split = { { sku = "hose", quantity = 2, at = "Hamburg" }, { sku = "pump", quantity = 4, at = "Berlin" } } },
}

case "houses that do not ship are not asked" {
    given = SHOP, tagged = SHIPS,
    when = { items = { pump = 50 } },
    expect = { refuse = "no house has 50 of pump" },
}
