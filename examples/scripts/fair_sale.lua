-- On the day of the sale nobody gets more than three of a product, and resellers nothing of the ones on offer.

local MOST = 3
local OFFERS = { tv = true, console = true }

function reserve(order)
    for _, item in ipairs(order.items) do
        if item.quantity > MOST and order.tags.channel ~= "store" then
            return { refuse = "at most " .. MOST .. " of " .. item.sku .. " for each order" }
        end
        if OFFERS[item.sku] and order.tags.customer == "reseller" then
            return { refuse = item.sku .. " is for private customers only" }
        end
    end
end

local SHOP = { Berlin = { tv = 50, pump = 50 } }

case "three are fair" { given = SHOP, when = { items = { tv = 3 } }, expect = {} }

case "four are not" {
    given = SHOP,
    when = { items = { tv = 4 } },
    expect = { refuse = "at most 3 of tv for each order" },
}

case "a store takes more" { given = SHOP, when = { tags = { channel = "store" }, items = { tv = 10 } }, expect = {} }

case "resellers do not get offers" {
    given = SHOP,
    when = { tags = { customer = "reseller" }, items = { pump = 1, tv = 1 } },
    expect = { refuse = "tv is for private customers only" },
}
