-- `:ImageScripts verify`: the values that only upstream can confirm, as a quickfix list that is kept
-- up to date, with one item per value, and with what can be done about it.

local notify = require('image_scripts.notify')
local quickfix = require('image_scripts.quickfix')
local server = require('image_scripts.server')

local M = {}

--- Code of the server's hints.
local CODE = 'verify'
local TITLE = 'image-scripts: to verify'
--- Method of the requests.
local CODE_ACTION = 'textDocument/codeAction'

--- A value, in all lines that it is in.
---@class image_scripts.OpenValue
---@field hint vim.Diagnostic The first of its hints.
---@field key string What is recorded when it is right.
---@field address? string
---@field packages string[] Those whose file names have the value.

--- The list that is kept up to date.
---@class image_scripts.VerifyList
---@field id integer
---@field client_id integer
---@field signature string Hints that it was made of.

---@type image_scripts.VerifyList?
local list

--- Client whose list is opened as soon as it has values.
---@type integer?
local awaited

--- Returns the hints of a client, in order of path and line.
---@param client vim.lsp.Client
---@return vim.Diagnostic[]
local function hints_of(client)
  local namespace = vim.lsp.diagnostic.get_namespace(client.id)
  local hints = vim.tbl_filter(function(diagnostic)
    return diagnostic.code == CODE
  end, vim.diagnostic.get(nil, { namespace = namespace }))
  return quickfix.sorted(hints)
end

---@param hints vim.Diagnostic[]
---@return string
local function signature_of(hints)
  local parts = vim.tbl_map(function(hint)
    return ('%d:%d:%d:%s'):format(hint.bufnr, hint.lnum, hint.col, hint.message)
  end, hints)
  return table.concat(parts, '\n')
end

--- Returns the line of a hint, of a file that need not be open.
---@param hint vim.Diagnostic
---@return string
local function line_of(hint)
  if vim.api.nvim_buf_is_loaded(hint.bufnr) then
    return vim.api.nvim_buf_get_lines(hint.bufnr, hint.lnum, hint.lnum + 1, false)[1] or ''
  end
  local name = vim.api.nvim_buf_get_name(hint.bufnr)
  local lines = vim.fn.filereadable(name) == 1 and vim.fn.readfile(name, '', hint.lnum + 1) or {}
  return lines[hint.lnum + 1] or ''
end

--- Returns the name of the package whose file name has the value, without its version.
---@param hint vim.Diagnostic
---@return string?
local function package_of(hint)
  local line = line_of(hint)
  local before = line:sub(1, hint.col):match('([%w._+%-${}]*)%-$')
  return before and before ~= '' and before:gsub('%-%$?{?[%w._]*}?$', '') or nil
end

--- Requests the actions at a hint, and calls back with those that are about it.
---@param client vim.lsp.Client
---@param hint vim.Diagnostic
---@param callback fun(actions: lsp.CodeAction[])
local function actions_at(client, hint, callback)
  local diagnostic = hint.user_data.lsp
  local params = {
    textDocument = { uri = vim.uri_from_bufnr(hint.bufnr) },
    range = diagnostic.range,
    context = { diagnostics = { diagnostic } },
  }
  server.request(client, CODE_ACTION, params, function(actions)
    callback(vim.tbl_filter(function(action)
      return vim.iter(action.diagnostics or {}):any(function(about)
        return about.code == CODE
      end)
    end, actions or {}))
  end, function()
    -- The file may have changed since.
    callback({})
  end)
end

--- Adds a hint to the values, or to the one that it belongs to.
---@param values image_scripts.OpenValue[]
---@param hint vim.Diagnostic
---@param actions lsp.CodeAction[]
local function add(values, hint, actions)
  local key, address = nil, nil
  for _, action in ipairs(actions) do
    local variable, image = action.title:match('^This is right: record `(.-)` of (.+)$')
    key = key or (variable and ('%s/%s'):format(image, variable))
    address = address or vim.tbl_get(action, 'command', 'arguments', 1, 'address')
  end
  local value = vim.iter(values):find(function(known)
    return key and known.key == key
  end)
  if not value then
    value = { hint = hint, key = key or '', address = address, packages = {} }
    table.insert(values, value)
  end
  local package = package_of(hint)
  if package and not vim.list_contains(value.packages, package) then
    table.insert(value.packages, package)
  end
end

--- Calls back with the values that hints are about.
---@param client vim.lsp.Client
---@param hints vim.Diagnostic[]
---@param callback fun(values: image_scripts.OpenValue[])
local function values_of(client, hints, callback)
  local values = {}
  local function next_hint(index)
    local hint = hints[index]
    if not hint then
      return callback(values)
    end
    actions_at(client, hint, function(actions)
      add(values, hint, actions)
      next_hint(index + 1)
    end)
  end
  next_hint(1)
end

---@param value image_scripts.OpenValue
---@param encoding 'utf-8'|'utf-16'|'utf-32'
---@return vim.quickfix.entry
local function item_of(value, encoding)
  local diagnostic = value.hint.user_data.lsp
  local location = { uri = vim.uri_from_bufnr(value.hint.bufnr), range = diagnostic.range }
  local parts = { value.key }
  if #value.packages > 0 then
    table.insert(parts, table.concat(value.packages, ', '))
  end
  local message = value.hint.message
  if value.address and not message:find(value.address, 1, true) then
    message = ('%s: %s'):format(message, value.address)
  end
  table.insert(parts, message)
  return quickfix.item(location, encoding, table.concat(parts, ': '), 'I')
end

--- Carries out a code action.
---@param client vim.lsp.Client
---@param action lsp.CodeAction
---@param bufnr integer
local function carry_out(client, action, bufnr)
  if action.edit then
    vim.lsp.util.apply_workspace_edit(action.edit, client.offset_encoding)
  end
  if action.command then
    client:exec_cmd(action.command --[[@as lsp.Command]], { bufnr = bufnr })
  end
end

--- Lets the user choose what to do about the item at the cursor of the quickfix window.
local function act_on_item()
  local shown = vim.fn.getqflist({ id = 0, items = 0 })
  local client = list and vim.lsp.get_client_by_id(list.client_id)
  local item = shown.items[vim.api.nvim_win_get_cursor(0)[1]]
  if not list or not client or shown.id ~= list.id or not item then
    return vim.lsp.buf.code_action()
  end
  local hint = vim.iter(hints_of(client)):find(function(open)
    return open.bufnr == item.bufnr and open.lnum == item.lnum - 1
  end)
  if not hint then
    return notify.error('this value is not open any more')
  end
  actions_at(client, hint, function(actions)
    vim.ui.select(actions, {
      prompt = item.text,
      kind = 'codeaction',
      format_item = function(action)
        return action.title
      end,
    }, function(action)
      if action then
        carry_out(client, action, hint.bufnr)
      end
    end)
  end)
end

--- Shows values, in the list that is kept up to date or in another one.
---@param client vim.lsp.Client
---@param hints vim.Diagnostic[]
---@param values image_scripts.OpenValue[]
local function show(client, hints, values)
  local items = vim.tbl_map(function(value)
    return item_of(value, client.offset_encoding)
  end, values)
  local signature = signature_of(hints)
  if list and list.client_id == client.id and awaited ~= client.id then
    vim.fn.setqflist({}, 'r', { id = list.id, items = items })
    list.signature = signature
    return
  end
  awaited = nil
  quickfix.open(TITLE, items)
  local info = vim.fn.getqflist({ id = 0, qfbufnr = 0 })
  list = { id = info.id, client_id = client.id, signature = signature }
  vim.keymap.set('n', 'gra', act_on_item, { buffer = info.qfbufnr, desc = 'Act on the value' })
end

--- Brings the list up to date when the hints have changed.
local function refresh()
  local id = awaited or list and list.client_id
  local client = id and vim.lsp.get_client_by_id(id)
  if not client then
    return
  end
  local hints = hints_of(client)
  if awaited and #hints == 0 or list and not awaited and list.signature == signature_of(hints) then
    return
  end
  if list and not awaited then
    -- It is not made again for each of the changes that come meanwhile.
    list.signature = signature_of(hints)
  end
  values_of(client, hints, function(values)
    show(client, hints, values)
  end)
end

--- Asks the command line whether something is open that the server has not told yet.
---@param client vim.lsp.Client
local function list_on_disk(client)
  local command = client.config.cmd
  if type(command) ~= 'table' then
    return notify.info('there is nothing to verify')
  end
  local words = { command[1], 'verify', '--list', '-C', client.root_dir }
  vim.system(words, { text = true }, function(done)
    vim.schedule(function()
      if done.code ~= 1 then
        return notify.info('there is nothing to verify')
      end
      awaited = client.id
      refresh()
    end)
  end)
end

--- Opens the list.
---@param client vim.lsp.Client
function M.open(client)
  vim.api.nvim_create_autocmd('DiagnosticChanged', {
    group = vim.api.nvim_create_augroup('image_scripts_verify', {}),
    callback = vim.schedule_wrap(refresh),
  })
  if #hints_of(client) == 0 then
    return list_on_disk(client)
  end
  awaited = client.id
  refresh()
end

return M
