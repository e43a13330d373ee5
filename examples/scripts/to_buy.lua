-- How many of each product to buy, so that a few are there: a column of a report.

local ENOUGH = { pump = 20 }

function report(rows)
    local values = {}
    for number, row in ipairs(rows) do
        values[number] = math.max(0, (ENOUGH[row.sku] or 5) - row.available)
    end
    return values
end

case "up to what is enough" {
    when = { rows = { { sku = "pump", on_hand = 9, reserved = 2, available = 7 }, { sku = "hose", on_hand = 6, available = 6 } } },
    expect = { 13, 0 },
}

case "nothing where there is more than enough" {
    when = { rows = { { sku = "pump", on_hand = 50, available = 50 } } },
    expect = { 0 },
}
