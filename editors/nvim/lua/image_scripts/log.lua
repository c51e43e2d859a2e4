-- Keeps the latest log messages of the server. Neovim's own log leaves most of them out, and mixes
-- the rest with the messages of other servers.

local plain = require('image_scripts.plain')
local scratch = require('image_scripts.scratch')

local M = {}

--- Number of lines that are kept.
local MAX_LINES = 1000

--- Names of `lsp.MessageType`, by number.
local LEVELS = { 'error', 'warning', 'info', 'log', 'debug' }

---@type string[]
local lines = {}

--- Adds a message.
---@param message lsp.LogMessageParams
function M.add(message)
  local head = ('%s %-7s '):format(os.date('%H:%M:%S'), LEVELS[message.type] or 'log')
  for _, line in ipairs(vim.split(vim.trim(message.message), '\n')) do
    table.insert(lines, head .. plain.line(line))
  end
  while #lines > MAX_LINES do
    table.remove(lines, 1)
  end
end

--- Shows the messages in a window.
---@param mods table Modifiers as in |nvim_parse_cmd()|.
function M.open(mods)
  local header = 'What the server wrote to stderr is in ' .. vim.lsp.get_log_path()
  local text = { header, '' }
  vim.list_extend(text, #lines > 0 and lines or { 'The server has not logged anything.' })
  local bufnr = scratch.open('image-scripts://log', mods)
  scratch.fill(bufnr, text)
  vim.api.nvim_win_set_cursor(0, { #text, 0 })
end

return M
