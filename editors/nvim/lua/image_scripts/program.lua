-- Executes the program's commands beside the server, on what is on the disk.

local plain = require('image_scripts.plain')

local M = {}

--- Time limit of a command in milliseconds: it may have to read a repository.
local COMMAND_TIMEOUT = 60000

--- Executes a command of the program that a client was started with, and calls back with what it printed.
--- Returns false where the client was not started with a program.
---@param client vim.lsp.Client
---@param words string[]
---@param callback fun(done: vim.SystemCompleted)
---@param is_unlimited? boolean It takes as long as others make it take.
---@return boolean
function M.execute(client, words, callback, is_unlimited)
  local command = client.config.cmd
  if type(command) ~= 'table' then
    return false
  end
  local options = { text = true, timeout = not is_unlimited and COMMAND_TIMEOUT or nil }
  vim.system(vim.list_extend({ command[1] }, words), options, vim.schedule_wrap(callback))
  return true
end

--- Returns the reason for which a command has failed, by what it printed to standard error.
---@param output? string
---@return string
function M.reason(output)
  local lines = vim.split(vim.trim(output or ''), '\n')
  return plain.line((lines[#lines]:gsub('^image%-scripts%-ls: ', '')))
end

return M
