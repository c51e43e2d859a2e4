-- Messages of the server name the command line; here they name `:ImageScripts` and its arguments.

local M = {}

--- Options of the command line that take a value, and the keys of `:ImageScripts` for them.
local KEYS = {
  like = 'like',
  replace = 'replace',
  builder = 'builder',
  tag = 'tags',
  cgroup = 'cgroup',
  init = 'init',
  from = 'from',
  pointver = 'pointver',
  build = 'build',
}

--- Options without a value, and the words that stand for them.
local FLAGS = {
  force = 'force=yes',
  plain = 'plain=yes',
  ['keep-tested'] = 'keep-tested=yes',
  untracked = 'untracked=delete',
}

--- Subcommands that both have.
local SUBCOMMANDS = { 'new-builder', 'new', 'retire', 'rename', 'bump' }

--- Returns a message in the syntax of `:ImageScripts`.
---@param message string
---@return string
function M.own(message)
  for _, name in ipairs(SUBCOMMANDS) do
    message = message:gsub('image%-scripts%-ls ' .. vim.pesc(name) .. '%f[%s`]', function()
      return ':ImageScripts ' .. name
    end)
  end
  message = message:gsub('%-%-set ([%w_]+=)', '%1')
  message = message:gsub('%-%-(%a[%a-]*) ([%w][^%s`,]*)', function(option, value)
    return KEYS[option] and ('%s=%s'):format(KEYS[option], value) or nil
  end)
  return (
    message:gsub('%-%-(%a[%a-]*)', function(option)
      return FLAGS[option] or KEYS[option] and KEYS[option] .. '=' or nil
    end)
  )
end

return M
