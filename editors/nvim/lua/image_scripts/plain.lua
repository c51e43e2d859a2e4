-- Names and contents of a checkout as text on one line.

local M = {}

--- Characters that do something, that hide, or that reorder others, as patterns of their bytes: the
--- control characters, and the format characters of Unicode.
local HIDDEN = {
  '%c',
  '\194[\128-\159\173]',
  '\226\128[\139\142\143\168-\174]',
  '\226\129[\160-\175]',
  '\239\187\191',
}

local NAMES = { ['\n'] = '\\n', ['\r'] = '\\r', ['\t'] = '\\t' }

--- Returns a text with these characters written out, as the server does it.
---@param text string
---@return string
function M.line(text)
  for _, pattern in ipairs(HIDDEN) do
    text = text:gsub(pattern, function(character)
      return NAMES[character] or ('\\u{%x}'):format(vim.fn.char2nr(character, true))
    end)
  end
  return text
end

return M
