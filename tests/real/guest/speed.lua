-- Work that a tracing compiler turns into machine code: sieve, strings, closures, tables.
local function sieve(n)
  local composite, count = {}, 0
  for i = 2, n do
    if not composite[i] then
      count = count + 1
      for j = i * i, n, i do composite[j] = true end
    end
  end
  return count
end
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
local parts = {}
for i = 1, 2000 do parts[#parts + 1] = string.format("%d:%x", i, i * i) end
local text, sum = table.concat(parts, ","), 0
for number in text:gmatch("%d+:") do sum = sum + #number end
local x = 0.5
for _ = 1, 200000 do x = 3.7 * x * (1 - x) end
print(sieve(200000), fib(24), #text, sum, x > 0 and x < 1)
