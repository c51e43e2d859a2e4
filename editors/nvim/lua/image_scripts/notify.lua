-- Messages to the user through `vim.notify`, one line each.

local plain = require('image_scripts.plain')

local M = {}

--- Returns a message as it is shown.
---@param message string
---@return string
local function shown(message)
  local line = vim.trim(message):gsub('%s*\n%s*', '; ')
  return 'image-scripts: ' .. plain.line(line)
end

---@param message string
---@param level integer
local function notify(message, level)
  vim.notify(shown(message), level, { title = 'image-scripts' })
end

--- Reports that something was done.
---@param message string
function M.info(message)
  notify(message, vim.log.levels.INFO)
end

--- Reports that something was done, as fully as Neovim can show it without waiting for <Enter>.
---@param message string
---@param details string[] What may follow it, each with what separates it from what precedes.
---@param last string What follows these in any case.
function M.info_fitting(message, details, last)
  for _, detail in ipairs(details) do
    local longer = message .. detail
    if vim.fn.strdisplaywidth(shown(longer .. last)) <= vim.v.echospace then
      message = longer
    end
  end
  M.info(message .. last)
end

--- Reports that something is not as it should be.
---@param message string
function M.warn(message)
  notify(message, vim.log.levels.WARN)
end

--- Reports that something could not be done; the message also says what to do about it.
---@param message string
function M.error(message)
  notify(message, vim.log.levels.ERROR)
end

return M
