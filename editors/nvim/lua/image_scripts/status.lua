-- All images and their state, as a table in a buffer, which follows what happens to them.

local client_of = require('image_scripts.client')
local images = require('image_scripts.images')
local places = require('image_scripts.places')
local scratch = require('image_scripts.scratch')
local tell = require('image_scripts.tell')

local M = {}

local NAME = 'image-scripts://status'
local HELP = '<CR> opens build.sh, f lists findings, r reads again, q closes'

local namespace = vim.api.nvim_create_namespace('image_scripts_status')

--- By the severity of the worst finding.
local HIGHLIGHTS = {
  error = 'DiagnosticError',
  warning = 'DiagnosticWarn',
  information = 'DiagnosticInfo',
  hint = 'DiagnosticHint',
}

---@param list string[]
local function joined(list)
  return table.concat(list, ' ')
end

--- As one line: a value may have any character in it.
---@param text string
local function plain(text)
  return (text:gsub('%c', ' '))
end

---@param image image_scripts.Image
local function published(image)
  if image.published == nil then
    return ''
  end
  return image.published and 'yes' or image.declared or 'no'
end

---@type { [1]: string, [2]: fun(image: image_scripts.Image): string? }[]
local COLUMNS = {
  -- stylua: ignore start
  { 'IMAGE', function(image) return image.image end },
  { 'RELEASE', function(image) return image.release end },
  { 'BUILDER', function(image) return image.builder end },
  { 'PUBLISHED', published },
  { 'TAGS', function(image) return joined(image.tags) end },
  { 'TESTED BY', function(image) return joined(image.rows) end },
  { 'GROUPS', function(image) return joined(image.groups) end },
  { 'FINDINGS', function(image) return image.findings > 0 and tostring(image.findings) or '' end },
  -- stylua: ignore end
}

--- What the buffer shows.
---@class image_scripts.Shown
---@field root? string Whose client is asked; not which, as that one may be started anew.
---@field lines string[]
---@field by_line table<integer, image_scripts.Image> By line, from 1.
---@field highlights { [1]: integer, [2]: integer, [3]: integer, [4]: string }[] Line, from, to, group.
local shown = { lines = {}, by_line = {}, highlights = {} }

--- Adds a checkout's table.
---@param view image_scripts.Shown
---@param checkout image_scripts.Checkout
local function add_table(view, checkout)
  local rows, widths = {}, {}
  for index, column in ipairs(COLUMNS) do
    widths[index] = #column[1]
  end
  for number, image in ipairs(checkout.images) do
    rows[number] = {}
    for index, column in ipairs(COLUMNS) do
      local cell = column[2](image)
      cell = (cell == nil or cell == '') and '-' or plain(cell)
      rows[number][index] = cell
      widths[index] = math.max(widths[index], vim.fn.strdisplaywidth(cell))
    end
  end
  --- One line; gives where its last cell begins.
  local function add(cells)
    local line, last = '', 0
    for index, cell in ipairs(cells) do
      last = #line
      local blanks = index < #cells and widths[index] - vim.fn.strdisplaywidth(cell) + 2 or 0
      line = line .. cell .. (' '):rep(blanks)
    end
    table.insert(view.lines, line)
    return last
  end
  local heads = vim.tbl_map(function(column)
    return column[1]
  end, COLUMNS)
  add(heads)
  table.insert(view.highlights, { #view.lines, 0, -1, 'Title' })
  for number, image in ipairs(checkout.images) do
    local last = add(rows[number])
    view.by_line[#view.lines] = image
    if image.worst then
      table.insert(view.highlights, { #view.lines, last, -1, HIGHLIGHTS[image.worst] })
    end
    if image.published == false and not image.declared then
      table.insert(view.highlights, { #view.lines, 0, #image.image, 'DiagnosticWarn' })
    end
  end
end

--- Shows checkouts in the buffer; the cursor stays with its image.
---@param bufnr integer
---@param client vim.lsp.Client
---@param checkouts image_scripts.Checkout[]
local function fill(bufnr, client, checkouts)
  local before = shown
  local view = { root = client.root_dir, lines = {}, by_line = {}, highlights = {} }
  for _, checkout in ipairs(checkouts) do
    if #view.lines > 0 then
      table.insert(view.lines, '')
    end
    table.insert(view.lines, ('%s  (%s)'):format(plain(checkout.root), HELP))
    table.insert(view.highlights, { #view.lines, #checkout.root, -1, 'Comment' })
    add_table(view, checkout)
  end
  if #view.lines == 0 then
    view.lines = { 'there is no checkout any more' }
  end
  shown = view
  vim.b[bufnr].image_scripts_root = client.root_dir
  local cursors = {}
  for _, window in ipairs(vim.fn.win_findbuf(bufnr)) do
    cursors[window] = vim.api.nvim_win_get_cursor(window)
  end
  scratch.fill(bufnr, view.lines)
  vim.api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
  for _, highlight in ipairs(view.highlights) do
    local line, from, to, group = unpack(highlight)
    vim.api.nvim_buf_set_extmark(bufnr, namespace, line - 1, from, {
      end_col = to < 0 and #view.lines[line] or to,
      hl_group = group,
    })
  end
  for window, cursor in pairs(cursors) do
    local image = before.by_line[cursor[1]]
    local line = math.min(cursor[1], #view.lines)
    for number, now in pairs(view.by_line) do
      if image and now.image == image.image then
        line = number
      end
    end
    vim.api.nvim_win_set_cursor(window, { line, cursor[2] })
  end
end

--- The client of the checkout that is shown.
---@return vim.lsp.Client?
local function client_shown()
  return shown.root and client_of.of_root(shown.root)
end

--- Reads the state of all images again, if it is shown.
function M.refresh()
  local bufnr = scratch.find(NAME)
  local client = client_shown()
  if not bufnr or not client or #vim.fn.win_findbuf(bufnr) == 0 then
    return
  end
  images.all(client, function(checkouts)
    if vim.api.nvim_buf_is_valid(bufnr) then
      fill(bufnr, client, checkouts)
    end
  end)
end

--- The image that the cursor is at, if it is in the table.
---@return string?
function M.image_at_cursor()
  if vim.api.nvim_buf_get_name(0) == NAME then
    local image = shown.by_line[vim.api.nvim_win_get_cursor(0)[1]]
    return image and image.image
  end
end

--- Does something with the client of the checkout that is shown.
---@param act fun(client: vim.lsp.Client)
local function with_client(act)
  return function()
    local client = client_shown()
    if client then
      act(client)
    else
      tell.error('the server has stopped: `:ImageScripts restart` starts it again')
    end
  end
end

--- Does something with the image that the cursor is at.
---@param act fun(image: image_scripts.Image, client: vim.lsp.Client)
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
    return tell.error(('%s has no build.sh'):format(image.image))
  end
  local start = { line = 0, character = 0 }
  local location = { uri = image.uri, range = { start = start, ['end'] = start } }
  vim.lsp.util.show_document(location, client.offset_encoding, { focus = true, reuse_win = true })
end)

local TYPES = { error = 'E', warning = 'W', information = 'I', hint = 'N' }

local list_findings = with_image(function(image, client)
  local items = {}
  for _, problem in ipairs(image.problems) do
    if problem.location then
      local text = ('%s [%s]'):format(problem.message, problem.code)
      local type = TYPES[problem.severity]
      table.insert(items, places.item(problem.location, client.offset_encoding, text, type))
    end
  end
  if #items == 0 then
    return tell.info(('there are no findings about %s'):format(image.image))
  end
  places.open('image-scripts: ' .. image.image, items)
end)

---@param mods table As of |nvim_parse_cmd()|.
function M.open(mods)
  client_of.with(function(client)
    images.all(client, function(checkouts)
      local bufnr = scratch.open(NAME, mods)
      vim.bo[bufnr].filetype = 'image-scripts-status'
      local function map(key, act, what)
        vim.keymap.set('n', key, act, { buffer = bufnr, desc = what })
      end
      map('<CR>', open_build_script, 'Open build.sh')
      map('f', list_findings, 'List the findings about the image')
      map('r', with_client(M.refresh), 'Read the state again')
      fill(bufnr, client, checkouts)
    end)
  end)
end

return M
