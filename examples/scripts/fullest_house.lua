-- An order is packed in the house that has most of its first product.

function reserve(order)
    local first, best, most = order.items[1].sku, nil, 0
    for _, house in ipairs(children(ROOT)) do
        local free = available(house, first)
        if free > most then best, most = house, free end
    end
    return best and { at = best }
end

case "the fullest house packs" {
    given = { Berlin = { pump = 5 }, Hamburg = { pump = 9 } },
    when = { items = { pump = 3 } },
    expect = { at = "Hamburg" },
}

case "where nothing is left, the order stays where it was asked for" {
    given = { Berlin = { pump = 0 }, Hamburg = {} },
    when = { items = { pump = 3 } },
    expect = {},
}
