-- Starts and stops the server, finds the client that a command is meant for, and sends requests.

local checkout = require('image_scripts.checkout')
local notify = require('image_scripts.notify')
local syntax = require('image_scripts.syntax')

local M = {}

--- Name of the client.
M.NAME = 'image_scripts_ls'

--- Time limits in milliseconds: for the server to start or to stop, and to answer a request that
--- blocks the editor.
local START_TIMEOUT = 10000
local COMPLETION_TIMEOUT = 500
--- Interval in milliseconds at which a condition is checked.
local POLL_INTERVAL = 20

--- Returns all clients, including those that the server has not answered yet.
---@return vim.lsp.Client[]
local function all_clients()
  ---@diagnostic disable-next-line: invisible
  return vim.lsp.get_clients({ name = M.NAME, _uninitialized = true })
end

--- Returns the running client of a checkout.
---@param root string
---@return vim.lsp.Client?
function M.client_of_root(root)
  for _, client in ipairs(vim.lsp.get_clients({ name = M.NAME })) do
    if client.root_dir == root and not client:is_stopped() then
      return client
    end
  end
end

--- Returns the path that the user is looking at: the file of the buffer, or else the current
--- directory.
---@return string
local function current_path()
  -- The table of images knows its checkout.
  if vim.b.image_scripts_root then
    return vim.b.image_scripts_root
  end
  local name = vim.api.nvim_buf_get_name(0)
  return (vim.bo.buftype == '' and name ~= '') and name or vim.fn.getcwd()
end

--- Returns the root of the checkout that the user is looking at, or else of the current directory.
---@return string?
local function current_root()
  return checkout.find(current_path()) or checkout.find(vim.fn.getcwd())
end

--- Returns the running client that a command in the current buffer is meant for.
---@return vim.lsp.Client?
local function current_client()
  local attached = vim.lsp.get_clients({ name = M.NAME, bufnr = 0 })[1]
  if attached then
    return attached
  end
  local clients = vim.lsp.get_clients({ name = M.NAME })
  local root = current_root()
  local client = root and M.client_of_root(root)
  if client then
    return client
  end
  -- Outside any checkout the only client there is can be assumed to be meant.
  if not root and #clients == 1 then
    return clients[1]
  end
end

--- Returns the reason why the server cannot be started, or nil if it can.
---@return string?
function M.missing()
  local cmd = vim.lsp.config[M.NAME].cmd
  if type(cmd) == 'table' and vim.fn.executable(cmd[1]) == 0 then
    local message = '`%s` cannot be run: install it, or set its path (:help image_scripts-server)'
    return message:format(cmd[1])
  end
end

--- Set once the user was warned about what keeps the server from starting.
local warned = false

--- Warns once, for the first file that the server would read, about errors in the options and about
--- a missing server. Returns true when there is nothing left to warn about.
---@param bufnr integer
---@return true?
function M.warn_if_missing(bufnr)
  if warned then
    return true
  end
  if not checkout.of_buffer(bufnr) then
    return nil
  end
  warned = true
  vim.iter(require('image_scripts').option_errors()):each(notify.warn)
  local missing = M.missing()
  if missing then
    notify.warn(missing)
  end
  return true
end

--- Polls a condition, and calls back when it holds or when `START_TIMEOUT` has passed.
---@param condition fun(): boolean
---@param callback fun(holds: boolean)
local function wait_until(condition, callback)
  local left = START_TIMEOUT
  local function poll()
    if condition() then
      return callback(true)
    end
    left = left - POLL_INTERVAL
    if left <= 0 then
      return callback(false)
    end
    vim.defer_fn(poll, POLL_INTERVAL)
  end
  poll()
end

--- Starts the client of a checkout.
---@param root string
---@param bufnr? integer Buffer to attach.
---@return integer? id
local function start(root, bufnr)
  local config = vim.tbl_extend('force', vim.deepcopy(vim.lsp.config[M.NAME]), { root_dir = root })
  return vim.lsp.start(config, {
    bufnr = bufnr,
    attach = bufnr ~= nil,
    reuse_client = config.reuse_client,
  })
end

--- Calls back when the server has answered all given clients; tells the user if it does not.
---@param ids integer[]
---@param callback fun()
local function when_started(ids, callback)
  local function is_started(id)
    local client = vim.lsp.get_client_by_id(id)
    return client ~= nil and client.initialized == true
  end
  wait_until(function()
    -- A client that is gone will not be answered any more.
    return vim.iter(ids):all(function(id)
      return is_started(id) or not vim.lsp.get_client_by_id(id)
    end)
  end, function()
    if vim.iter(ids):all(is_started) then
      callback()
    else
      notify.error('the server did not start: see `:ImageScripts log`')
    end
  end)
end

--- Calls back with the client that a command is meant for, and starts it if necessary. Tells the
--- user if there is no checkout or no server.
---@param callback fun(client: vim.lsp.Client)
function M.with_client(callback)
  local client = current_client()
  if client then
    return callback(client)
  end
  local root = current_root()
  if not root then
    return notify.error('no vpsAdminOS checkout found here: open a file of one, or `:cd` into it')
  end
  local missing = M.missing()
  if missing then
    return notify.error(missing)
  end
  local id = start(root)
  if not id then
    return notify.error('the server did not start: see `:checkhealth image_scripts`')
  end
  when_started({ id }, function()
    callback(assert(vim.lsp.get_client_by_id(id)))
  end)
end

--- Sends a request. If the server refuses it, the user is told, unless `on_refusal` is given.
---@param client vim.lsp.Client
---@param method string
---@param params? table
---@param callback fun(result: any)
---@param on_refusal? fun(message: string)
function M.request(client, method, params, callback, on_refusal)
  local function handler(error, result)
    if error then
      return (on_refusal or notify.error)(syntax.own(error.message or vim.inspect(error)))
    end
    callback(result)
  end
  ---@diagnostic disable-next-line: param-type-mismatch
  if not client:request(method, params, handler) then
    notify.error('the server has stopped: restart it with `:ImageScripts restart`')
  end
end

--- Sends a request to a running server and blocks shortly for the response, to complete a word.
---@param method string
---@param params? table
---@return any?
function M.request_now(method, params)
  local client = current_client()
  if not client then
    return nil
  end
  ---@diagnostic disable-next-line: param-type-mismatch
  local response = client:request_sync(method, params, COMPLETION_TIMEOUT)
  return response and response.result
end

--- Tells the user that the server is gone, unless that was intended.
---@param code integer
---@param signal integer
function M.on_exit(code, signal)
  local intended = code == 0 and (signal == 0 or signal == 15)
  if intended or vim.v.exiting ~= vim.NIL then
    return
  end
  local cause = signal ~= 0 and ('signal %d'):format(signal) or ('exit status %d'):format(code)
  local help = 'restart it with `:ImageScripts restart`; `:ImageScripts log` shows what it logged'
  vim.schedule(function()
    notify.error(('the server stopped (%s): %s'):format(cause, help))
  end)
end

--- Starts the server for all loaded files that it reads, and for the table of images.
---@return integer[] ids Clients that were started.
---@return integer files Number of files attached.
local function start_for_buffers()
  local filetypes = vim.lsp.config[M.NAME].filetypes
  local files, ids = 0, {}
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    local is_file = vim.api.nvim_buf_is_loaded(bufnr)
      and vim.bo[bufnr].buftype == ''
      and vim.list_contains(filetypes, vim.bo[bufnr].filetype)
    local root = is_file and checkout.of_buffer(bufnr)
    local shown = #vim.fn.win_findbuf(bufnr) > 0 and vim.b[bufnr].image_scripts_root
    local id
    if root then
      id = start(root, bufnr)
      files = files + (id and 1 or 0)
    elseif shown and checkout.find(shown) then
      id = start(shown)
    end
    if id and not vim.list_contains(ids, id) then
      table.insert(ids, id)
    end
  end
  return ids, files
end

--- Starts the server again after it has stopped, and tells the user when it runs.
local function start_again()
  local missing = M.missing()
  if missing then
    return notify.error(missing)
  end
  local ids, files = start_for_buffers()
  local function report()
    local of_files = files == 1 and ', for 1 open file'
      or files > 1 and (', for %d open files'):format(files)
      or ''
    notify.info('the server is running again' .. of_files)
    require('image_scripts.status').refresh()
  end
  if #ids == 0 then
    return M.with_client(report)
  end
  when_started(ids, report)
end

--- Stops the server and starts it again.
function M.restart()
  local function is_stopped()
    return #all_clients() == 0
  end
  for _, client in ipairs(all_clients()) do
    client:stop()
  end
  wait_until(is_stopped, function(stopped)
    if stopped then
      return start_again()
    end
    for _, client in ipairs(all_clients()) do
      -- `client:stop(true)` does nothing once a client was asked to stop.
      client.rpc.terminate()
    end
    wait_until(is_stopped, start_again)
  end)
end

return M
