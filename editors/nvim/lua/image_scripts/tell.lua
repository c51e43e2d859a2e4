-- Messages to the user: one line each, by `vim.notify`.

local M = {}

---@param message string
---@param level integer
local function tell(message, level)
  local line = vim.trim(message):gsub('%s*\n%s*', '; ')
  vim.notify('image-scripts: ' .. line, level, { title = 'image-scripts' })
end

--- Something was done.
---@param message string
function M.info(message)
  tell(message, vim.log.levels.INFO)
end

--- Something is not as it should be.
---@param message string
function M.warning(message)
  tell(message, vim.log.levels.WARN)
end

--- Something could not be done; the message says what to do about it.
---@param message string
function M.error(message)
  tell(message, vim.log.levels.ERROR)
end

return M
