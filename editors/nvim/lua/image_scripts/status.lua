-- `:ImageScripts status`: the table of all images and their state, in a buffer that is kept up to
-- date.

local checkouts_of = require('image_scripts.checkout')
local images = require('image_scripts.images')
local notify = require('image_scripts.notify')
local plain = require('image_scripts.plain')
local quickfix = require('image_scripts.quickfix')
local scratch = require('image_scripts.scratch')
local server = require('image_scripts.server')

local M = {}

local NAME = 'image-scripts://status'
local HELP = '<CR> opens build.sh, f lists findings, r refreshes, q closes'

local namespace = vim.api.nvim_create_namespace('image_scripts_status')

--- Highlight groups by severity.
---@type table<image_scripts.Severity, string>
local HIGHLIGHTS = {
  error = 'DiagnosticError',
  warning = 'DiagnosticWarn',
  information = 'DiagnosticInfo',
  hint = 'DiagnosticHint',
}

--- Width that the table fits.
local MAX_WIDTH = 100
--- Blanks between columns.
local GAP = 2

---@param list string[]
local function joined(list)
  return table.concat(list, ' ')
end

---@param image image_scripts.Image
local function registration(image)
  if image.published == nil then
    return ''
  end
  return image.published and 'yes' or image.declared or 'no'
end

--- Returns the groups in short, as arguments of `new` have them: `v2` for `cgroupv2`, `other` for
--- `non-systemd`.
---@param image image_scripts.Image
local function groups(image)
  return joined(vim.tbl_map(function(group)
    return (group:gsub('^cgroup', ''):gsub('^non%-systemd$', 'other'):lower())
  end, image.groups))
end

--- Returns what is known of the last test; '' where images have none.
---@param image image_scripts.Image
local function tested(image)
  return image.tested and image.tested.state or ''
end

---@type { [1]: string, [2]: fun(image: image_scripts.Image): string? }[]
local COLUMNS = {
  -- stylua: ignore start
  { 'IMAGE', function(image) return image.image end },
  { 'RELEASE', function(image) return image.release end },
  { 'BUILDER', function(image) return image.builder end },
  { 'PUBL.', registration },
  { 'TAGS', function(image) return joined(image.tags) end },
  { 'TESTED BY', function(image) return joined(image.rows) end },
  { 'GROUPS', groups },
  { 'TEST', tested },
  { 'FINDINGS', function(image) return image.findings > 0 and tostring(image.findings) or '' end },
  -- stylua: ignore end
}

--- Contents of the buffer.
---@class image_scripts.StatusView
---@field root? string Checkout that the client is found by; the client itself may be restarted.
---@field lines string[]
---@field by_line table<integer, image_scripts.Image> Images by line, from 1.
---@field highlights image_scripts.StatusHighlight[]

---@class image_scripts.StatusHighlight
---@field line integer From 1.
---@field from integer
---@field to integer -1 stands for the end of the line.
---@field group string

---@return image_scripts.StatusView
local function empty_view()
  return { lines = {}, by_line = {}, highlights = {} }
end

--- View that the buffer shows.
local shown = empty_view()

--- Highlights a part of the last line.
---@param view image_scripts.StatusView
---@param from integer
---@param to integer
---@param group string
local function highlight(view, from, to, group)
  table.insert(view.highlights, { line = #view.lines, from = from, to = to, group = group })
end

--- Narrows the widest of some columns until the table fits.
---@param widths integer[]
---@param columns integer[]
---@param least integer Width that none of them falls below.
local function fit(widths, columns, least)
  local total = GAP * (#widths - 1)
  for _, width in ipairs(widths) do
    total = total + width
  end
  while total > MAX_WIDTH do
    local widest = columns[1]
    for _, index in ipairs(columns) do
      widest = widths[index] > widths[widest] and index or widest
    end
    if widths[widest] <= least then
      return
    end
    widths[widest] = widths[widest] - 1
    total = total - 1
  end
end

--- Cuts a cell that is wider than its column.
---@param cell string
---@param width integer
---@return string
local function cut(cell, width)
  if vim.fn.strdisplaywidth(cell) <= width then
    return cell
  end
  local length = vim.fn.strchars(cell)
  repeat
    length = length - 1
    local shorter = vim.fn.strcharpart(cell, 0, length) .. '…'
  until vim.fn.strdisplaywidth(shorter) <= width
  return vim.fn.strcharpart(cell, 0, length) .. '…'
end

--- Returns the columns of a table: that of the last tests only where one has run.
---@param list image_scripts.Image[]
local function columns_of(list)
  local has_run = vim.iter(list):any(function(image)
    return image.tested ~= nil and image.tested.state ~= 'never'
  end)
  return vim.tbl_filter(function(column)
    return column[2] ~= tested or has_run
  end, COLUMNS)
end

--- Returns the cells of a table, the heads first, and the width of each column.
---@param list image_scripts.Image[]
---@return string[][] rows
---@return integer[] widths
local function cells_of(list)
  local heads, widths = {}, {}
  local columns = columns_of(list)
  for index, column in ipairs(columns) do
    heads[index] = column[1]
    widths[index] = #column[1]
  end
  local rows = { heads }
  for _, image in ipairs(list) do
    local row = {}
    for index, column in ipairs(columns) do
      local cell = column[2](image)
      -- A value may contain any character, line breaks too.
      row[index] = (cell == nil or cell == '') and '-' or plain.line(cell)
      widths[index] = math.max(widths[index], vim.fn.strdisplaywidth(row[index]))
    end
    table.insert(rows, row)
  end
  -- The names of images stay whole, and say most of what the release, the builder and the rows do.
  fit(widths, { 2, 3 }, 6)
  fit(widths, { 6 }, 10)
  fit(widths, { 5, 7 }, 6)
  for _, row in ipairs(rows) do
    for index, cell in ipairs(row) do
      row[index] = index > 1 and cut(cell, widths[index]) or cell
    end
  end
  return rows, widths
end

--- Adds a line of cells; returns the column at which the last cell begins.
---@param view image_scripts.StatusView
---@param cells string[]
---@param widths integer[]
---@return integer
local function add_row(view, cells, widths)
  local line, last = '', 0
  for index, cell in ipairs(cells) do
    last = #line
    local blanks = index < #cells and widths[index] - vim.fn.strdisplaywidth(cell) + GAP or 0
    line = line .. cell .. (' '):rep(blanks)
  end
  table.insert(view.lines, line)
  return last
end

--- Adds the table of a checkout.
---@param view image_scripts.StatusView
---@param checkout image_scripts.Checkout
local function add_table(view, checkout)
  local rows, widths = cells_of(checkout.images)
  add_row(view, rows[1], widths)
  highlight(view, 0, -1, 'Title')
  for number, image in ipairs(checkout.images) do
    local last = add_row(view, rows[number + 1], widths)
    view.by_line[#view.lines] = image
    if image.worst then
      highlight(view, last, -1, HIGHLIGHTS[image.worst])
    end
    if image.published == false and not image.declared then
      highlight(view, 0, #rows[number + 1][1], 'DiagnosticWarn')
    end
  end
end

---@param checkouts image_scripts.Checkout[]
---@return image_scripts.StatusView
local function view_of(checkouts)
  local view = empty_view()
  for _, checkout in ipairs(checkouts) do
    if #view.lines > 0 then
      table.insert(view.lines, '')
    end
    local label = plain.line(checkouts_of.label(checkout.root))
    table.insert(view.lines, ('%s  %s'):format(label, HELP))
    highlight(view, #label, -1, 'Comment')
    add_table(view, checkout)
  end
  if #view.lines == 0 then
    view.lines = { 'the checkout no longer exists' }
  end
  return view
end

--- Returns the line for a cursor to follow its image from one view to another.
---@param line integer
---@param before image_scripts.StatusView
---@param after image_scripts.StatusView
---@return integer
local function line_after(line, before, after)
  local image = before.by_line[line]
  for number, now in pairs(after.by_line) do
    if image and now.image == image.image then
      return number
    end
  end
  return math.min(line, #after.lines)
end

--- Shows checkouts in the buffer. Cursors stay on their images.
---@param bufnr integer
---@param client vim.lsp.Client
---@param checkouts image_scripts.Checkout[]
local function show(bufnr, client, checkouts)
  local before = shown
  shown = view_of(checkouts)
  shown.root = client.root_dir
  vim.b[bufnr].image_scripts_root = client.root_dir
  local cursors = {}
  for _, window in ipairs(vim.fn.win_findbuf(bufnr)) do
    cursors[window] = vim.api.nvim_win_get_cursor(window)
  end
  scratch.fill(bufnr, shown.lines)
  vim.api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
  for _, one in ipairs(shown.highlights) do
    vim.api.nvim_buf_set_extmark(bufnr, namespace, one.line - 1, one.from, {
      end_col = one.to < 0 and #shown.lines[one.line] or one.to,
      hl_group = one.group,
    })
  end
  for window, cursor in pairs(cursors) do
    local line = line_after(cursor[1], before, shown)
    vim.api.nvim_win_set_cursor(window, { line, cursor[2] })
  end
end

--- Returns the client of the checkout that the buffer shows.
---@return vim.lsp.Client?
local function shown_client()
  return shown.root and server.client_of_root(shown.root)
end

--- Updates the table if a window shows it.
function M.refresh()
  local bufnr = scratch.find(NAME)
  local client = shown_client()
  if not bufnr or not client or #vim.fn.win_findbuf(bufnr) == 0 then
    return
  end
  images.all(client, function(checkouts)
    if vim.api.nvim_buf_is_valid(bufnr) then
      show(bufnr, client, checkouts)
    end
  end)
end

--- Returns the name of the image at the cursor if the current buffer is the table.
---@return string?
function M.image_at_cursor()
  if vim.api.nvim_buf_get_name(0) == NAME then
    local image = shown.by_line[vim.api.nvim_win_get_cursor(0)[1]]
    return image and image.image
  end
end

--- Wraps a function for a key mapping, to be called with the client of the shown checkout.
---@param act fun(client: vim.lsp.Client)
---@return fun()
local function with_client(act)
  return function()
    local client = shown_client()
    if client then
      act(client)
    else
      notify.error('the server has stopped: restart it with `:ImageScripts restart`')
    end
  end
end

--- Wraps a function for a key mapping, to be called with the image at the cursor.
---@param act fun(image: image_scripts.Image, client: vim.lsp.Client)
---@return fun()
local function with_image(act)
  return with_client(function(client)
    local image = shown.by_line[vim.api.nvim_win_get_cursor(0)[1]]
    if image then
      act(image, client)
    end
  end)
end

local open_build_script = with_image(function(image, client)
  if not image.uri then
    return notify.error(('%s has no build.sh'):format(image.image))
  end
  local start = { line = 0, character = 0 }
  local location = { uri = image.uri, range = { start = start, ['end'] = start } }
  vim.lsp.util.show_document(location, client.offset_encoding, { focus = true, reuse_win = true })
end)

local list_findings = with_image(function(image, client)
  local items = {}
  for _, problem in ipairs(image.problems) do
    if problem.uri then
      local text = ('%s [%s]'):format(problem.message, problem.code)
      local type = quickfix.TYPES[problem.severity]
      local location = { uri = problem.uri, range = problem.range }
      table.insert(items, quickfix.item(location, client.offset_encoding, text, type))
    end
  end
  if #items == 0 then
    return notify.info(('there are no findings about %s'):format(image.image))
  end
  quickfix.open('image-scripts: ' .. image.image, items)
end)

--- Opens the table.
---@param mods table Modifiers as in |nvim_parse_cmd()|.
function M.open(mods)
  server.with_client(function(client)
    images.all(client, function(checkouts)
      local bufnr = scratch.open(NAME, mods)
      vim.bo[bufnr].filetype = 'image-scripts-status'
      local function map(key, act, description)
        vim.keymap.set('n', key, act, { buffer = bufnr, desc = description })
      end
      map('<CR>', open_build_script, 'Open build.sh')
      map('f', list_findings, 'List the findings about the image')
      map('r', with_client(M.refresh), 'Refresh the table')
      show(bufnr, client, checkouts)
    end)
  end)
end

return M
