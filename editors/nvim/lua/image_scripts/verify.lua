-- `:ImageScripts verify`: the values that only upstream can confirm, as a quickfix list that is kept
-- up to date, with one item per value, and with what can be done about it.

local notify = require('image_scripts.notify')
local plain = require('image_scripts.plain')
local program = require('image_scripts.program')
local quickfix = require('image_scripts.quickfix')
local server = require('image_scripts.server')

local M = {}

local TITLE = 'image-scripts: to verify'
--- Methods of the requests.
local OPEN_VALUES, CONFIRM_VALUE = 'imageScripts/openValues', 'imageScripts/confirmValue'

--- The list that is kept up to date.
---@class image_scripts.VerifyList
---@field id integer
---@field client_id integer
---@field values image_scripts.OpenValue[] In the order of its items.

---@type image_scripts.VerifyList?
local list

--- Client whose list is opened as soon as it has values.
---@type integer?
local awaited

--- Calls back with the open values of a client's checkouts, in the order of paths and lines.
---@param client vim.lsp.Client
---@param callback fun(values: image_scripts.OpenValue[])
local function values_of(client, callback)
  ---@param result image_scripts.OpenValues
  server.request(client, OPEN_VALUES, nil, function(result)
    local values = {}
    for _, checkout in ipairs(result.checkouts) do
      for _, value in ipairs(checkout.values) do
        value.root = checkout.root
        table.insert(values, value)
      end
    end
    callback(values)
  end)
end

---@param value image_scripts.OpenValue
---@param encoding 'utf-8'|'utf-16'|'utf-32'
---@return vim.quickfix.entry
local function item_of(value, encoding)
  local parts = { ('%s/%s'):format(value.image, value.name) }
  if #value.packages > 0 then
    table.insert(parts, table.concat(value.packages, ', '))
  end
  table.insert(parts, value.why)
  if value.address and not value.why:find(value.address, 1, true) then
    table.insert(parts, value.address)
  end
  return quickfix.item(value.ranges[1], encoding, table.concat(parts, ': '), 'I')
end

--- Records that a value is right.
---@param client vim.lsp.Client
---@param value image_scripts.OpenValue
local function confirm(client, value)
  local params = { root = value.root, image = value.image, name = value.name, exact = value.exact }
  ---@param edit lsp.WorkspaceEdit?
  server.request(client, CONFIRM_VALUE, params, function(edit)
    if not edit then
      return notify.error('this value is not open any more')
    end
    vim.lsp.util.apply_workspace_edit(edit, client.offset_encoding)
  end)
end

--- Lets the user choose what to do about the item at the cursor of the quickfix window.
local function act_on_item()
  local shown = vim.fn.getqflist({ id = 0 })
  local client = list and vim.lsp.get_client_by_id(list.client_id)
  local value = list and list.values[vim.api.nvim_win_get_cursor(0)[1]]
  if not list or not client or shown.id ~= list.id or not value then
    return vim.lsp.buf.code_action()
  end
  local actions = {
    {
      title = ('This is right: record `%s` of %s'):format(value.name, value.image),
      act = function()
        confirm(client, value)
      end,
    },
  }
  if value.address then
    table.insert(actions, {
      title = 'Open in browser: ' .. value.address,
      act = function()
        vim.ui.open(value.address)
      end,
    })
  end
  vim.ui.select(actions, {
    prompt = plain.line(value.why),
    kind = 'codeaction',
    format_item = function(action)
      return plain.line(action.title)
    end,
  }, function(action)
    if action then
      action.act()
    end
  end)
end

--- Shows values, in the list that is kept up to date or in another one.
---@param client vim.lsp.Client
---@param values image_scripts.OpenValue[]
local function show(client, values)
  local items = vim.tbl_map(function(value)
    return item_of(value, client.offset_encoding)
  end, values)
  if list and list.client_id == client.id and awaited ~= client.id then
    vim.fn.setqflist({}, 'r', { id = list.id, items = items })
    list.values = values
    return
  end
  awaited = nil
  quickfix.open(TITLE, items)
  local info = vim.fn.getqflist({ id = 0, qfbufnr = 0 })
  list = { id = info.id, client_id = client.id, values = values }
  vim.keymap.set('n', 'gra', act_on_item, { buffer = info.qfbufnr, desc = 'Act on the value' })
end

--- True while the values are being requested.
local is_requested = false
--- True if something changed meanwhile.
local is_outdated = false

--- Brings the list up to date when the values have changed.
local function refresh()
  local id = awaited or list and list.client_id
  local client = id and vim.lsp.get_client_by_id(id)
  if not client then
    return
  end
  if is_requested then
    is_outdated = true
    return
  end
  is_requested = true
  values_of(client, function(values)
    is_requested = false
    local is_shown = list and not awaited and vim.deep_equal(list.values, values)
    if not is_shown and not (awaited and #values == 0) then
      show(client, values)
    end
    if is_outdated then
      is_outdated = false
      refresh()
    end
  end)
end

--- Asks the command line whether something is open that the server has not told yet.
---@param client vim.lsp.Client
local function list_on_disk(client)
  local words = { 'verify', '--list', '-C', client.root_dir }
  local is_started = program.execute(client, words, function(done)
    if done.code ~= 1 then
      return notify.info('there is nothing to verify')
    end
    awaited = client.id
    refresh()
  end)
  if not is_started then
    notify.info('there is nothing to verify')
  end
end

--- Opens the list.
---@param client vim.lsp.Client
function M.open(client)
  vim.api.nvim_create_autocmd('DiagnosticChanged', {
    group = vim.api.nvim_create_augroup('image_scripts_verify', {}),
    callback = vim.schedule_wrap(refresh),
  })
  values_of(client, function(values)
    if #values == 0 then
      return list_on_disk(client)
    end
    awaited = client.id
    show(client, values)
  end)
end

return M
