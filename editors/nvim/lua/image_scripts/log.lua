-- What the server said lately. Neovim's own log leaves most of it out, and mixes it with what
-- other servers say.

local M = {}

--- How many lines are kept.
local KEPT = 1000

local LEVELS = { 'error', 'warning', 'info', 'log', 'debug' }

---@type string[]
local lines = {}

--- Keeps a message.
---@param message lsp.LogMessageParams
function M.add(message)
  local head = ('%s %-7s '):format(os.date('%H:%M:%S'), LEVELS[message.type] or 'log')
  for _, line in ipairs(vim.split(vim.trim(message.message), '\n')) do
    table.insert(lines, head .. line)
  end
  while #lines > KEPT do
    table.remove(lines, 1)
  end
end

--- Shows what was kept.
---@param mods table As of |nvim_parse_cmd()|.
function M.open(mods)
  local where = 'What the server wrote to stderr is in ' .. vim.lsp.get_log_path()
  local text = vim.list_extend({ where, '' }, #lines > 0 and lines or { 'It has said nothing.' })
  local bufnr = require('image_scripts.scratch').open('image-scripts://log', mods)
  require('image_scripts.scratch').fill(bufnr, text)
  vim.api.nvim_win_set_cursor(0, { #text, 0 })
end

return M
