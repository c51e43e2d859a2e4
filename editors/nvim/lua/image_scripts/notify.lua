-- Messages to the user through `vim.notify`, one line each.

local plain = require('image_scripts.plain')

local M = {}

---@param message string
---@param level integer
local function notify(message, level)
  local line = vim.trim(message):gsub('%s*\n%s*', '; ')
  vim.notify('image-scripts: ' .. plain.line(line), level, { title = 'image-scripts' })
end

--- Reports that something was done.
---@param message string
function M.info(message)
  notify(message, vim.log.levels.INFO)
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
