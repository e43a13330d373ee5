-- A change that is far larger than what is there is probably a typing error.

function update(change)
    local size = math.abs(change.on_hand_change)
    if size > 1000 and size > 10 * math.max(change.before, 1) then
        return { refuse = "a change of " .. change.on_hand_change .. " is too much at once: is it right?" }
    end
end

case "a pallet" {
    given = { Berlin = { pump = 50 } },
    when = { location = "Berlin", sku = "pump", change = 200 },
    expect = {},
}

case "an article number where the quantity belongs" {
    given = { Berlin = { pump = 50 } },
    when = { location = "Berlin", sku = "pump", change = 4711 },
    expect = { refuse = "a change of 4711 is too much at once: is it right?" },
}
