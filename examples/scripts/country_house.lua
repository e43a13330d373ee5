-- Orders are packed in the house of their country; an order without one stays where it was asked for.

local HOUSES = { DE = "Europe/Hamburg", AT = "Europe/Wien", US = "America/Boston" }

function reserve(order)
    local house = HOUSES[order.tags.country]
    return house and { at = house }
end

local SHOP = { ["Europe/Hamburg"] = { pump = 9 }, ["Europe/Wien"] = { pump = 2 }, ["America/Boston"] = { pump = 5 } }

case "an Austrian order is packed in Wien" {
    given = SHOP,
    when = { tags = { country = "AT" }, items = { pump = 1 } },
    expect = { at = "Europe/Wien" },
}

case "an order without a country stays where it was asked for" {
    given = SHOP,
    when = { items = { pump = 1 }, location = "Europe" },
    expect = {},
}
