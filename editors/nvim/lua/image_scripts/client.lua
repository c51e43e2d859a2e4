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

--- All clients, those that the server has not answered yet among them.
---@return vim.lsp.Client[]
local function all()
  ---@diagnostic disable-next-line: invisible
  return vim.lsp.get_clients({ name = M.NAME, _uninitialized = true })
end

--- The running client of a checkout.
---@param root string
---@return vim.lsp.Client?
function M.of_root(root)
  for _, client in ipairs(vim.lsp.get_clients({ name = M.NAME })) do
    if client.root_dir == root and not client:is_stopped() then
      return client
    end
  end
end

--- What the user is looking at: the buffer's file, or else the current directory.
---@return string
local function place()
  -- The table of images says whose it is.
  if vim.b.image_scripts_root then
    return vim.b.image_scripts_root
  end
  local name = vim.api.nvim_buf_get_name(0)
  return (vim.bo.buftype == '' and name ~= '') and name or vim.fn.getcwd()
end

--- The running client that is meant here.
---@return vim.lsp.Client?
local function running()
  local attached = vim.lsp.get_clients({ name = M.NAME, bufnr = 0 })[1]
  if attached then
    return attached
  end
  local clients = vim.lsp.get_clients({ name = M.NAME })
  local root = checkout.find(place()) or checkout.find(vim.fn.getcwd())
  local of_root = root and M.of_root(root)
  if of_root then
    return of_root
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

--- Goes on when the server has answered all of some clients. Tells the user if it does not.
---@param ids integer[]
---@param go_on fun()
local function when_started(ids, go_on)
  local function begun(id)
    local client = vim.lsp.get_client_by_id(id)
    return client ~= nil and client.initialized == true
  end
  when(function()
    -- One that is gone does not answer any more.
    return vim.iter(ids):all(function(id)
      return begun(id) or not vim.lsp.get_client_by_id(id)
    end)
  end, function()
    if vim.iter(ids):all(begun) then
      go_on()
    else
      tell.error('the server does not start: `:ImageScripts log` may say why')
    end
  end)
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
  when_started({ id }, function()
    callback(assert(vim.lsp.get_client_by_id(id)))
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

--- Starts the server for all buffers that it knows, and for the table of images.
local function start_for_buffers()
  local missing = M.missing()
  if missing then
    return tell.error(missing)
  end
  local filetypes = vim.lsp.config[M.NAME].filetypes
  local files, ids = 0, {}
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    local fits = vim.api.nvim_buf_is_loaded(bufnr)
      and vim.bo[bufnr].buftype == ''
      and vim.list_contains(filetypes, vim.bo[bufnr].filetype)
    local root = fits and checkout.of_buffer(bufnr)
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
  local function tell_of_it()
    local of_files = files == 1 and ', for 1 open file'
      or files > 1 and (', for %d open files'):format(files)
      or ''
    tell.info('the server runs again' .. of_files)
    require('image_scripts.status').refresh()
  end
  if #ids == 0 then
    return M.with(tell_of_it)
  end
  when_started(ids, tell_of_it)
end

--- Stops the server and starts it again.
function M.restart()
  local function stopped()
    return #all() == 0
  end
  for _, client in ipairs(all()) do
    client:stop()
  end
  when(stopped, function(so)
    if so then
      return start_for_buffers()
    end
    for _, client in ipairs(all()) do
      -- Not `client:stop(true)`: that does nothing for one that was told to stop.
      client.rpc.terminate()
    end
    when(stopped, start_for_buffers)
  end)
end

return M
