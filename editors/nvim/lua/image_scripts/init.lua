-- Options of the user. They are stored in `vim.g.image_scripts`, which can be set directly or by
-- calling `setup`.

local M = {}

---@class image_scripts.Options
---@field cmd? string[] Command line of the server; default `{ 'image-scripts-ls' }`.
---@field codelens? boolean Show code lenses and keep them up to date; default off.
---@field inlay_hints? boolean Show inlay hints; default off.
---@field settings? table Settings of the server: `bash`, `hints`, `lenses`, `outline`, `logLevel`.

--- Types of the options.
local TYPES = { cmd = 'table', codelens = 'boolean', inlay_hints = 'boolean', settings = 'table' }

--- Returns the options as the user set them.
---@return image_scripts.Options
function M.options()
  local options = vim.g.image_scripts
  return type(options) == 'table' and options or {}
end

--- Returns one sentence for each error in the options.
---@return string[]
function M.option_errors()
  local help = 'see :help image_scripts-options'
  local options = vim.g.image_scripts
  if options ~= nil and type(options) ~= 'table' then
    return { '`vim.g.image_scripts` is not a table: ' .. help }
  end
  local errors = {}
  for key, value in vim.spairs(M.options()) do
    local expected = TYPES[key]
    if not expected then
      table.insert(errors, ('there is no option `%s`: %s'):format(key, help))
    elseif type(value) ~= expected then
      table.insert(errors, ('option `%s` is not a %s: %s'):format(key, expected, help))
    end
  end
  return errors
end

--- Sets options. Calling this is not required: the defaults hold without it.
---@param options? image_scripts.Options
function M.setup(options)
  if vim.fn.has('nvim-0.11') == 0 then
    -- The same text as in `plugin/image_scripts.lua`, so that it is shown once.
    vim.notify_once(
      'image-scripts: this Neovim is too old: version 0.11 or newer is required',
      vim.log.levels.ERROR
    )
    return
  end
  vim.g.image_scripts = vim.tbl_deep_extend('force', M.options(), options or {})
  for _, message in ipairs(M.option_errors()) do
    require('image_scripts.notify').warn(message)
  end
  -- Neovim caches the configuration of the server; this makes it read the file again.
  vim.lsp.config('image_scripts_ls', {})
end

return M
