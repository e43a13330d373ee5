-- What a script runs in. It is loaded once for each script, takes what it needs of Lua, and gives a list of the rest.
--
-- Rules of this file:
-- 1. A script sees what is in `base`, and nothing else: no global table, no metatables, no coroutines, no load, no pcall.
-- 2. Every question begins with the script's text: what it kept from the question before is gone.
-- 3. Whatever C does on a script's behalf is bounded by its arguments, since no instruction is counted meanwhile.
-- 4. Reading leaves the script by `yield`, so that no object or function of Python is ever inside Lua.
-- 5. Orders are defined and addresses never seen: `pairs` is sorted, `tostring` of a table is "table".

local limits = ...
local INSTRUCTIONS, SECONDS, BYTES = limits.instructions, limits.seconds, limits.bytes
local READS, PATTERN_STEPS, REPEATED, STEP = limits.reads, limits.pattern_steps, limits.repeated, limits.step

local error, ipairs, load, next, select, setmetatable = error, ipairs, load, next, select, setmetatable
local tonumber, tostring, type, rawget = tonumber, tostring, type, rawget
local collect, clock = collectgarbage, os.clock
local sethook, getinfo, setupvalue = debug.sethook, debug.getinfo, debug.setupvalue
local create, resume, status, yield = coroutine.create, coroutine.resume, coroutine.status, coroutine.yield
local S, T, M, U = string, table, math, utf8
local byte, find, format, gmatch, gsub, match, rep, sub = S.byte, S.find, S.format, S.gmatch, S.gsub, S.match, S.rep, S.sub
local concat, insert, remove, unpack = T.concat, T.insert, T.remove, T.unpack

-- What one question may still use.

local left, deadline, reads_left, stopped, cases

local function stop(limit)
  stopped = limit
  error(limit, 0)
end

local function require_memory()
  if collect("count") * 1024 > BYTES then
    collect()
    if collect("count") * 1024 > BYTES then stop("memory") end
  end
end

local function look()
  left = left - STEP
  if left < 0 then stop("instructions") end
  if clock() > deadline then stop("time") end
  require_memory()
end

local function charge(work)  -- bytes or items that C goes through, before it does: `look` would see it too late
  left = left - work // 16
  if left < 0 or work < 0 then stop("instructions") end  -- what is said of a table's size may be near 2^63
end

-- Checks of what a script hands to C.

local function fail(...) error(format(...), 0) end

local function shown(value)
  local kind = type(value)
  if kind == "string" then return value end
  if kind == "number" or kind == "boolean" or kind == "nil" then return tostring(value) end
  return kind
end

local function text(value, what)
  if type(value) == "number" then return tostring(value) end
  if type(value) ~= "string" then fail("%s needs a text, not %s", what, type(value)) end
  return value
end

local function list(value, what)
  if type(value) ~= "table" then fail("%s needs a table, not %s", what, type(value)) end
  return value
end

local function whole(value, what)
  local number = M.tointeger(value)
  if not number then fail("%s needs a whole number, not %s", what, shown(value)) end
  return number
end

-- Backtracking tries every length of every repeated item from every beginning: at worst characters ^ (repeated items + 1).
local function require_modest(subject, pattern, what)
  local steps, at, size = 1.0, 1, #subject + 1
  if byte(pattern, 1) ~= 94 or what == "string.gmatch" then steps = steps * size end
  while at <= #pattern do
    local c = sub(pattern, at, at)
    if c == "%" then
      at = at + 1
      c = sub(pattern, at, at)
      if c == "b" or c == "f" or match(c, "%d") then steps = steps * size end
    elseif c == "*" or c == "+" or c == "-" then
      steps = steps * size
    elseif c == "?" then
      steps = steps * 2
    end
    at = at + 1
  end
  if steps * (1 + #pattern / 16) > PATTERN_STEPS then
    fail("%s: the pattern %s is too costly for a text of %d characters", what, sub(pattern, 1, 40), #subject)
  end
  charge(#subject + #pattern)
end

local string = {}

local function on_texts(name)
  local original = S[name]
  string[name] = function(value, ...)
    local whole_text = text(value, "string." .. name)
    charge(#whole_text)
    return original(whole_text, ...)
  end
end

for _, name in ipairs({ "len", "lower", "upper", "reverse", "sub" }) do on_texts(name) end

function string.byte(value, from, to)
  from = whole(from or 1, "string.byte")
  to = whole(to or from, "string.byte")
  local characters = text(value, "string.byte")
  if #sub(characters, from, to) > 100 then fail("string.byte: more than 100 characters at a time") end
  return byte(characters, from, to)
end

function string.char(...)
  return S.char(...)
end

function string.rep(value, times, between)
  value, times, between = text(value, "string.rep"), whole(times, "string.rep"), text(between or "", "string.rep")
  if times > REPEATED then fail("string.rep: more than %d times", REPEATED) end
  if times > 0 and times * (#value + #between) > limits.bytes then stop("memory") end
  if times > 0 then charge(times * (#value + #between + 16)) end
  return rep(value, times, between)
end

function string.format(form, ...)
  form = text(form, "string.format")
  local count = select("#", ...)
  local values = { ... }
  for kind in gmatch(form, "%%[-+ #0-9.]*(.?)") do
    if not find("sdifgexXcq%", kind, 1, true) then fail("string.format: there is no %%%s", kind) end
  end
  for at = 1, count do
    if type(values[at]) ~= "number" then values[at] = shown(values[at]) end
    charge(#tostring(values[at]))
  end
  charge(#form)
  return format(form, unpack(values, 1, count))
end

function string.find(value, pattern, from, plain)
  value, pattern = text(value, "string.find"), text(pattern, "string.find")
  if plain then
    if #value * #pattern > PATTERN_STEPS then fail("string.find: the texts are too long") end
    charge(#value)
  else
    require_modest(value, pattern, "string.find")
  end
  return find(value, pattern, from, plain)
end

function string.match(value, pattern, from)
  value, pattern = text(value, "string.match"), text(pattern, "string.match")
  require_modest(value, pattern, "string.match")
  return match(value, pattern, from)
end

function string.gmatch(value, pattern)
  value, pattern = text(value, "string.gmatch"), text(pattern, "string.gmatch")
  require_modest(value, pattern, "string.gmatch")
  return gmatch(value, pattern)
end

function string.gsub(value, pattern, by, most)
  value, pattern = text(value, "string.gsub"), text(pattern, "string.gsub")
  require_modest(value, pattern, "string.gsub")
  if type(by) == "number" then by = tostring(by) end
  if type(by) == "string" then
    if (#value + 1) * (#by + 1) > limits.bytes then fail("string.gsub: the texts are too long") end
    charge((#value + 1) * (#by + 1))
  end
  return gsub(value, pattern, by, most)
end

local table = {}

function table.concat(items, between, from, to)
  charge(#list(items, "table.concat") * 16)
  local joined = concat(items, between, from, to)
  charge(#joined)
  return joined
end

function table.insert(items, ...)
  if select("#", ...) > 1 then charge(#list(items, "table.insert")) end
  return insert(list(items, "table.insert"), ...)
end

function table.remove(items, at)
  if at then charge(#list(items, "table.remove")) end
  return remove(list(items, "table.remove"), at)
end

function table.unpack(items, from, to)
  return unpack(list(items, "table.unpack"), from, to)
end

-- A stable merge sort in Lua: its steps are counted, an odd comparison cannot hurt it, and comparisons may read.
function table.sort(items, before)
  list(items, "table.sort")
  before = before or function(one, other) return one < other end
  local from, to, count, width = items, {}, #items, 1
  while width < count do
    for low = 1, count, 2 * width do
      local middle, high = M.min(low + width, count + 1), M.min(low + 2 * width, count + 1)
      local one, other = low, middle
      for at = low, high - 1 do
        if one < middle and (other >= high or not before(from[other], from[one])) then
          to[at], one = from[one], one + 1
        else
          to[at], other = from[other], other + 1
        end
      end
    end
    from, to, width = to, from, width * 2
  end
  if from ~= items then
    for at = 1, count do items[at] = from[at] end
  end
end

local math = { huge = M.huge, maxinteger = M.maxinteger, mininteger = M.mininteger, pi = M.pi }
for _, name in ipairs({ "abs", "ceil", "floor", "fmod", "max", "min", "modf", "sqrt", "tointeger", "type", "ult" }) do
  math[name] = M[name]
end

local utf8 = {}
function utf8.len(value)
  value = text(value, "utf8.len")
  charge(#value)
  return U.len(value)
end
utf8.char = U.char

-- The order of `pairs`: numbers, then texts, then false and true.

local RANK = { number = 1, string = 2, boolean = 3 }

local function in_order(one, other)
  local kind, other_kind = type(one), type(other)
  if kind ~= other_kind then return RANK[kind] < RANK[other_kind] end
  if kind == "boolean" then return other and not one end
  return one < other
end

local function keys_of(items, what)
  local keys, count = {}, 0
  for key in next, list(items, what) do
    if not RANK[type(key)] then fail("%s: a key is a %s, which has no order", what, type(key)) end
    count = count + 1
    keys[count] = key
  end
  table.sort(keys, in_order)
  return keys
end

local base = { math = math, string = string, table = table, utf8 = utf8, ipairs = ipairs, tonumber = tonumber, type = type }

function base.pairs(items)
  local keys, at = keys_of(items, "pairs"), 0
  return function()
    local value
    repeat
      at = at + 1
      if keys[at] == nil then return nil end
      value = items[keys[at]]
    until value ~= nil
    return keys[at], value
  end
end

function base.next(items, after)
  local best
  for key in next, list(items, "next") do
    if not RANK[type(key)] then fail("next: a key is a %s, which has no order", type(key)) end
    if (after == nil or in_order(after, key)) and (best == nil or in_order(key, best)) then best = key end
  end
  if best ~= nil then return best, items[best] end
end

function base.select(which, ...)
  return select(which, ...)
end

base.tostring = shown

function base.error(message)
  error(shown(message), 0)
end

function base.assert(value, message, ...)
  if not value then error(message == nil and "assertion failed!" or shown(message), 0) end
  return value, message, ...
end

-- Cases are noted while the text runs; who installs or tests a script looks at them.
function base.case(name)
  return function(parts)
    list(parts, "case")
    parts.name = name
    cases[#cases + 1] = parts
  end
end

-- Reading what the tenant has.

local function word(value, what)
  if type(value) == "table" then value = value.uid end
  if type(value) ~= "string" then fail("%s needs a name, not %s", what, type(value)) end
  if #value > 1000 or not U.len(value) then fail("%s: that is no name", what) end
  return value
end

for name, arguments in next, limits.reading do
  base[name] = function(one, other)
    if reads_left <= 0 then stop("reads") end
    reads_left = reads_left - 1
    require_memory()
    one = word(one, name)
    other = arguments > 1 and word(other, name) or nil
    local value, problem = yield("read", name, one, other)
    if problem then fail("%s: %s", name, problem) end
    return value
  end
end

base.ROOT = ""

-- Nobody changes what every question shares: scripts have no way to a metatable.

local function frozen(items, name)
  return setmetatable({}, {
    __index = items,
    __newindex = function() fail("%s belongs to everybody: it cannot be changed", name) end,
  })
end

for _, name in ipairs({ "math", "string", "table", "utf8" }) do base[name] = frozen(base[name], name) end
getmetatable("").__index = string
local FRESH = { __index = base }

-- Questions.

local source, chunk, running

local function line_of(thread)
  for level = 0, 200 do
    local place = getinfo(thread, level, "Sl")
    if not place then return 0 end
    if place.source == source then return place.currentline end
  end
  return 0
end

local function cleaned(message)
  message = type(message) == "string" and sub(message, 1, 2000) or "an error without words"
  local name = sub(source, 2)
  if sub(message, 1, #name + 1) == name .. ":" then message = sub(message, #name + 2) end
  local line, rest = match(message, "^(%d+): (.*)$")
  if line then message = rest end
  message = gsub(message, "^prelude:%d+: ", "")
  if not U.len(message) then message = gsub(message, "[\128-\255]", "?") end
  return message, tonumber(line) or 0
end

local function go_on(...)
  local went, what, one, two, three = resume(running, ...)
  if went and status(running) == "suspended" then return what, one, two, three end
  if went then
    if collect("count") * 1024 > BYTES then
      collect()
      if collect("count") * 1024 > BYTES then return "failed", "memory", 0, "memory" end
    end
    return "done", what
  end
  local line = line_of(running)
  if what == "not enough memory" then stopped = "memory" end
  local message, said = cleaned(what)
  return "failed", message, line > 0 and line or said, stopped
end

local function main(hook, argument, wants_cases)
  local globals = setmetatable({}, FRESH)
  setupvalue(chunk, 1, globals)
  chunk()
  local answer = rawget(globals, hook)
  if type(answer) ~= "function" then fail("there is no function %s(...) in it", hook) end
  if wants_cases then return cases end
  return answer(argument)
end

local function ask(hook, argument, wants_cases)
  left, deadline, reads_left, stopped, cases = INSTRUCTIONS, clock() + SECONDS, READS, nil, {}
  running = create(main)
  sethook(running, look, "", STEP)
  return go_on(hook, argument, wants_cases)
end

local function compile(text_of_it, name)
  local problem
  source = "=" .. name
  chunk, problem = load(text_of_it, source, "t", {})
  if not chunk then
    local message, line = cleaned(problem)
    return message, line
  end
  collect()
  BYTES = limits.bytes + collect("count") * 1024
end

return compile, ask, go_on
