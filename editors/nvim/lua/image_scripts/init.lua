-- What a user sets. It stands in `vim.g.image_scripts`, which `setup` is another way to write.

local M = {}

---@class image_scripts.Options
---@field cmd? string[] How the server is started; `{ 'image-scripts-ls' }`.
---@field codelens? boolean Show code lenses, and keep them up to date; off.
---@field inlay_hints? boolean Show inlay hints; off.
---@field settings? table The server's settings: `bash`, `hints`, `logLevel`.

--- What each option has to be.
local KINDS = { cmd = 'table', codelens = 'boolean', inlay_hints = 'boolean', settings = 'table' }

--- What is set.
---@return image_scripts.Options
function M.options()
  local options = vim.g.image_scripts
  return type(options) == 'table' and options or {}
end

--- What is wrong with what is set: one sentence each.
---@return string[]
function M.complaints()
  local options = vim.g.image_scripts
  if options ~= nil and type(options) ~= 'table' then
    return { '`vim.g.image_scripts` is no table: see :help image_scripts-options' }
  end
  local found = {}
  local where = 'see :help image_scripts-options'
  for key, value in vim.spairs(M.options()) do
    local kind = KINDS[key]
    if not kind then
      table.insert(found, ('there is no option `%s`: %s'):format(key, where))
    elseif type(value) ~= kind then
      table.insert(found, ('option `%s` is no %s: %s'):format(key, kind, where))
    end
  end
  return found
end

--- Sets options. There is no need to: without it, the defaults hold.
---@param options? image_scripts.Options
function M.setup(options)
  if vim.fn.has('nvim-0.11') == 0 then
    -- The same as in `plugin/image_scripts.lua`: whichever of them is first.
    vim.notify_once('image-scripts: Neovim 0.11 or newer is needed', vim.log.levels.ERROR)
    return
  end
  vim.g.image_scripts = vim.tbl_deep_extend('force', M.options(), options or {})
  for _, complaint in ipairs(M.complaints()) do
    require('image_scripts.tell').warning(complaint)
  end
  -- Neovim keeps the configuration that it has read: this has it read again.
  vim.lsp.config('image_scripts_ls', {})
end

return M
