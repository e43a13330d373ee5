-- Somebody should know when a shelf runs low, once: when the last change took it below the mark.

local MARK = { pump = 5, hose = 20 }

function update(change)
    local mark = MARK[change.sku] or 3
    if change.before >= mark and change.after < mark then
        return { alert = change.location.path .. " has only " .. change.after .. " of " .. change.sku }
    end
end

case "below the mark" {
    given = { ["Berlin/Shelf 1"] = { pump = 6 } },
    when = { location = "Berlin/Shelf 1", sku = "pump", change = -2 },
    expect = { alert = "Berlin/Shelf 1 has only 4 of pump" },
}

case "below it already" {
    given = { Berlin = { pump = 4 } },
    when = { location = "Berlin", sku = "pump", change = -1 },
    expect = {},
}
