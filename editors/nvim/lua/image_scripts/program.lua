-- Executes the program's commands beside the server, on what is on the disk.

local M = {}

--- Time limit of a command in milliseconds: it may have to read a repository.
local COMMAND_TIMEOUT = 60000

--- Executes a command of the program that a client was started with, and calls back with what it printed.
--- Returns false where the client was not started with a program.
---@param client vim.lsp.Client
---@param words string[]
---@param callback fun(done: vim.SystemCompleted)
---@return boolean
function M.execute(client, words, callback)
  local command = client.config.cmd
  if type(command) ~= 'table' then
    return false
  end
  local options = { text = true, timeout = COMMAND_TIMEOUT }
  vim.system(vim.list_extend({ command[1] }, words), options, vim.schedule_wrap(callback))
  return true
end

return M
