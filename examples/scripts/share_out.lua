-- A large quantity is taken from several houses, the fullest first.

function reserve(order)
    local houses, split = children(order.location), {}
    if #houses == 0 then return end
    for _, item in ipairs(order.items) do
        local left = item.quantity
        table.sort(houses, function(one, other) return available(one, item.sku) > available(other, item.sku) end)
        for _, house in ipairs(houses) do
            local part = math.min(left, available(house, item.sku))
            if part > 0 then split[#split + 1] = { sku = item.sku, quantity = part, at = house } end
            left = left - part
        end
        if left > 0 then return { refuse = "only " .. item.quantity - left .. " of " .. item.sku .. " are left" } end
    end
    return { split = split }
end

local SHOP = { Berlin = { pump = 5 }, Hamburg = { pump = 9 } }

case "the fullest house gives first" {
    given = SHOP,
    when = { items = { pump = 12 } },
    expect = { split = { { sku = "pump", quantity = 9, at = "Hamburg" }, { sku = "pump", quantity = 3, at = "Berlin" } } },
}

case "more than there is" {
    given = SHOP,
    when = { items = { pump = 15 } },
    expect = { refuse = "only 14 of pump are left" },
}
