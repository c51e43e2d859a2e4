-- The client of the server: finding the one that is meant, starting it, asking it.

local checkout = require('image_scripts.checkout')
local tell = require('image_scripts.tell')

local M = {}

--- What the client is called.
M.NAME = 'image_scripts_ls'

--- How long the server may take to start or to stop, in milliseconds.
local PATIENCE = 10000
--- How often is looked whether it has.
local STEP = 20

--- What the user is looking at: the buffer's file, or else the current directory.
---@return string
local function place()
  local name = vim.api.nvim_buf_get_name(0)
  return (vim.bo.buftype == '' and name ~= '') and name or vim.fn.getcwd()
end

--- The running client that is meant here.
---@return vim.lsp.Client?
local function running()
  -- The table of images says whose it is.
  local shown = vim.b.image_scripts_client and vim.lsp.get_client_by_id(vim.b.image_scripts_client)
  local attached = shown or vim.lsp.get_clients({ name = M.NAME, bufnr = 0 })[1]
  if attached then
    return attached
  end
  local clients = vim.lsp.get_clients({ name = M.NAME })
  local root = checkout.find(place()) or checkout.find(vim.fn.getcwd())
  for _, client in ipairs(clients) do
    if client.root_dir == root and not client:is_stopped() then
      return client
    end
  end
  -- From anywhere else, it is clear which one is meant if there is only one.
  if not root and #clients == 1 then
    return clients[1]
  end
end

--- Why the server cannot be started; nil if it can.
---@return string?
function M.missing()
  local cmd = vim.lsp.config[M.NAME].cmd
  if type(cmd) == 'table' and vim.fn.executable(cmd[1]) == 0 then
    return ('`%s` cannot be run: install it, or say where it is (:help image_scripts-server)'):format(
      cmd[1]
    )
  end
end

--- Whether the user was told what keeps the server from being started.
local told = false

--- Says once, for the first file that the server knows, if it is not there, or what is set makes no
--- sense. Gives true when there is no more to be said.
---@param bufnr integer
---@return true?
function M.tell_if_missing(bufnr)
  if told then
    return true
  end
  if not checkout.of_buffer(bufnr) then
    return nil
  end
  told = true
  vim.iter(require('image_scripts').complaints()):each(tell.warning)
  local missing = M.missing()
  if missing then
    tell.warning(missing)
  end
  return true
end

--- Looks again and again whether something is so, and goes on then, or when patience ends.
---@param is_so fun(): boolean
---@param go_on fun(so: boolean)
local function when(is_so, go_on)
  local left = PATIENCE
  local function look()
    if is_so() then
      return go_on(true)
    end
    left = left - STEP
    if left <= 0 then
      return go_on(false)
    end
    vim.defer_fn(look, STEP)
  end
  look()
end

--- Starts the client of a checkout.
---@param root string
---@param bufnr? integer A buffer to attach.
---@return integer? id
local function start(root, bufnr)
  local config = vim.tbl_extend('force', vim.deepcopy(vim.lsp.config[M.NAME]), { root_dir = root })
  return vim.lsp.start(config, {
    bufnr = bufnr,
    attach = bufnr ~= nil,
    reuse_client = config.reuse_client,
  })
end

--- Calls with the client that is meant here, which is started if it has to be. Tells the user if
--- there is none.
---@param callback fun(client: vim.lsp.Client)
function M.with(callback)
  local client = running()
  if client then
    return callback(client)
  end
  local root = checkout.find(place()) or checkout.find(vim.fn.getcwd())
  if not root then
    return tell.error('there is no checkout here: open a file of one, or `:cd` into it')
  end
  local missing = M.missing()
  if missing then
    return tell.error(missing)
  end
  local id = start(root)
  if not id then
    return tell.error('the server does not start: `:checkhealth image_scripts` may say why')
  end
  local started
  when(function()
    started = vim.lsp.get_client_by_id(id)
    return not started or started.initialized == true
  end, function()
    if started and started.initialized then
      callback(started)
    else
      tell.error('the server does not start: `:ImageScripts log` may say why')
    end
  end)
end

--- What an error of the server says.
---@param error lsp.ResponseError
---@return string
local function words(error)
  return error.message or vim.inspect(error)
end

--- Asks the server. What it refuses is told to the user, unless `refused` takes it.
---@param client vim.lsp.Client
---@param method string
---@param params? table
---@param callback fun(result: any)
---@param refused? fun(message: string)
function M.request(client, method, params, callback, refused)
  local function handler(error, result)
    if error then
      return (refused or tell.error)(words(error))
    end
    callback(result)
  end
  ---@diagnostic disable-next-line: param-type-mismatch
  if not client:request(method, params, handler) then
    tell.error('the server has stopped: `:ImageScripts restart` starts it again')
  end
end

--- Asks a running server, and waits a moment for the answer: to complete a word.
---@param method string
---@param params? table
---@return any?
function M.request_now(method, params)
  local client = running()
  if not client then
    return nil
  end
  ---@diagnostic disable-next-line: param-type-mismatch
  local answer = client:request_sync(method, params, 500)
  return answer and answer.result
end

--- The server is gone: the user is told, unless that was wanted.
---@param code integer
---@param signal integer
function M.exited(code, signal)
  local wanted = code == 0 and (signal == 0 or signal == 15)
  if wanted or vim.v.exiting ~= vim.NIL then
    return
  end
  local how = signal ~= 0 and ('signal %d'):format(signal) or ('exit status %d'):format(code)
  local help = '`:ImageScripts restart` starts it again, `:ImageScripts log` shows what it said'
  vim.schedule(function()
    tell.error(('the server stopped (%s): %s'):format(how, help))
  end)
end

--- Starts the server for all buffers that it knows.
local function start_for_buffers()
  local missing = M.missing()
  if missing then
    return tell.error(missing)
  end
  local filetypes = vim.lsp.config[M.NAME].filetypes
  local started = 0
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    local fits = vim.api.nvim_buf_is_loaded(bufnr)
      and vim.bo[bufnr].buftype == ''
      and vim.list_contains(filetypes, vim.bo[bufnr].filetype)
    local root = fits and checkout.of_buffer(bufnr)
    if root and start(root, bufnr) then
      started = started + 1
    end
  end
  if started > 0 then
    local files = started == 1 and '1 open file' or ('%d open files'):format(started)
    return tell.info('the server runs again, for ' .. files)
  end
  M.with(function()
    tell.info('the server runs again')
  end)
end

--- Stops the server and starts it again.
function M.restart()
  local clients = vim.lsp.get_clients({ name = M.NAME })
  for _, client in ipairs(clients) do
    client:stop()
  end
  local function stopped()
    return #vim.lsp.get_clients({ name = M.NAME }) == 0
  end
  when(stopped, function(so)
    if not so then
      for _, client in ipairs(clients) do
        client:stop(true)
      end
    end
    start_for_buffers()
  end)
end

return M
