-- `:ImageScripts render`: the script that the container of an image executes, in a read-only buffer
-- that follows edits, with ways to the source of each text and back.

local notify = require('image_scripts.notify')
local plain = require('image_scripts.plain')
local scratch = require('image_scripts.scratch')
local server = require('image_scripts.server')

local M = {}

local PREFIX = 'image-scripts://render/'

--- A script as a buffer shows it.
---@class image_scripts.ShownScript
---@field first integer Line that its text begins in, from 0.
---@field segments image_scripts.RenderedSegment[]

--- Contents of a buffer.
---@class image_scripts.RenderView
---@field root string
---@field image string
---@field scripts image_scripts.ShownScript[]

--- Views by their buffers.
---@type table<integer, image_scripts.RenderView>
local views = {}

--- Compares two positions.
---@param a lsp.Position
---@param b lsp.Position
---@return boolean
local function is_before(a, b)
  return a.line < b.line or a.line == b.line and a.character < b.character
end

--- Returns the position that is as far from the start of one range as another one is from that of
--- its own.
---@param position lsp.Position
---@param from lsp.Position
---@param to lsp.Position
---@return lsp.Position
local function moved(position, from, to)
  local lines = position.line - from.line
  local character = position.character
  if lines == 0 then
    character = character - from.character + to.character
  end
  return { line = to.line + lines, character = character }
end

--- Tells whether two ranges are equally long, so that one is a copy of the other.
---@param a lsp.Range
---@param b lsp.Range
---@return boolean
local function is_copy(a, b)
  return vim.deep_equal(moved(a['end'], a.start, b.start), b['end'])
end

--- Returns the position at the cursor of a window, in the encoding of a client.
---@param client vim.lsp.Client
---@return lsp.Position
local function cursor_position(client)
  return vim.lsp.util.make_position_params(0, client.offset_encoding).position
end

--- Goes from the cursor to the source of the text there.
local function go_to_source()
  local view = views[vim.api.nvim_get_current_buf()]
  local client = view and server.client_of_root(view.root)
  if not view or not client then
    return notify.error('the server has stopped: restart it with `:ImageScripts restart`')
  end
  local position = cursor_position(client)
  for _, script in ipairs(view.scripts) do
    local inside = { line = position.line - script.first, character = position.character }
    for _, segment in ipairs(script.segments) do
      local range = segment.range
      if not is_before(inside, range.start) and is_before(inside, range['end']) then
        local source = segment.source or segment.expansion
        if not source then
          return notify.info('this text is written nowhere: the server made it')
        end
        local start = source.range.start
        if segment.source and is_copy(range, source.range) then
          start = moved(inside, range.start, start)
        end
        vim.cmd("normal! m'")
        vim.cmd.wincmd('p')
        return vim.lsp.util.show_document({
          uri = vim.uri_from_fname(vim.fs.joinpath(view.root, source.path)),
          range = { start = start, ['end'] = start },
        }, client.offset_encoding, { focus = true })
      end
    end
  end
end

--- Returns where a position of a file is shown.
---@param view image_scripts.RenderView
---@param path string From the root.
---@param position lsp.Position
---@return lsp.Position?
local function shown_at(view, path, position)
  for _, script in ipairs(view.scripts) do
    for _, segment in ipairs(script.segments) do
      for _, source in ipairs({ segment.source, segment.expansion }) do
        local range = source.range
        local is_there = source.path == path and not is_before(position, range.start)
        if is_there and is_before(position, range['end']) then
          local start = segment.range.start
          if source == segment.source and is_copy(segment.range, range) then
            start = moved(position, range.start, start)
          end
          return { line = start.line + script.first, character = start.character }
        end
      end
    end
  end
end

--- Returns the lines that show what is rendered, and the scripts with the lines that they begin in.
---@param rendering image_scripts.Rendering
---@return string[] lines
---@return image_scripts.ShownScript[] scripts
local function contents(rendering)
  local lines, scripts = {}, {}
  for _, script in ipairs(rendering.scripts) do
    if #lines > 0 then
      table.insert(lines, '')
    end
    local at = ('%s:%d'):format(script.at.path, script.at.range.start.line + 1)
    table.insert(lines, plain.line(('# %s: %s'):format(script.path or script.root, at)))
    table.insert(scripts, { first = #lines, segments = script.segments })
    local text = script.text:gsub('\n$', '')
    vim.list_extend(lines, vim.split(text, '\n'))
  end
  if #lines == 0 then
    lines = { '# Nothing is executed in the container.' }
  end
  return lines, scripts
end

--- Requests what is rendered for an image, and calls back with it.
---@param client vim.lsp.Client
---@param image string
---@param callback fun(rendering: image_scripts.Rendering?)
local function request(client, image, callback)
  local params = { root = client.root_dir, image = image }
  server.request(client, 'imageScripts/render', params, callback)
end

--- Shows a rendering in a buffer. The cursors stay in their lines.
---@param bufnr integer
---@param client vim.lsp.Client
---@param rendering image_scripts.Rendering
local function show(bufnr, client, rendering)
  local lines, scripts = contents(rendering)
  views[bufnr] = { root = client.root_dir, image = rendering.image, scripts = scripts }
  if not vim.deep_equal(vim.api.nvim_buf_get_lines(bufnr, 0, -1, false), lines) then
    scratch.fill(bufnr, lines)
  end
end

--- Buffers that are being brought up to date; true where something changed meanwhile.
---@type table<integer, boolean>
local requested = {}

--- Brings a buffer up to date.
---@param bufnr integer
local function refresh(bufnr)
  local view = views[bufnr]
  local client = view and server.client_of_root(view.root)
  if not client then
    return
  end
  if requested[bufnr] ~= nil then
    requested[bufnr] = true
    return
  end
  requested[bufnr] = false
  request(client, view.image, function(rendering)
    local is_outdated = requested[bufnr]
    requested[bufnr] = nil
    if vim.api.nvim_buf_is_valid(bufnr) and rendering then
      show(bufnr, client, rendering)
    end
    if is_outdated then
      refresh(bufnr)
    end
  end)
end

--- Messages after which a script may be another one.
local CHANGES = {
  ['textDocument/didChange'] = true,
  ['textDocument/didClose'] = true,
  ['textDocument/didSave'] = true,
  ['workspace/didChangeWatchedFiles'] = true,
}

--- Brings buffers up to date that a window shows, after an edit that the server was told of.
local function follow_edits()
  vim.api.nvim_create_autocmd('LspNotify', {
    group = vim.api.nvim_create_augroup('image_scripts_render', {}),
    callback = function(args)
      local client = vim.lsp.get_client_by_id(args.data.client_id)
      if not client or client.name ~= server.NAME or not CHANGES[args.data.method] then
        return
      end
      for bufnr in pairs(views) do
        if not vim.api.nvim_buf_is_valid(bufnr) then
          views[bufnr] = nil
        elseif #vim.fn.win_findbuf(bufnr) > 0 then
          refresh(bufnr)
        end
      end
    end,
  })
end

--- Opens the script of an image, with the cursor where the text at the cursor is shown.
---@param client vim.lsp.Client
---@param image string
---@param mods table Modifiers as in |nvim_parse_cmd()|.
function M.open(client, image, mods)
  local real = require('image_scripts.checkout').real(vim.api.nvim_buf_get_name(0))
  local path = vim.startswith(real, client.root_dir .. '/') and real:sub(#client.root_dir + 2)
  local position = cursor_position(client)
  request(client, image, function(rendering)
    if not rendering then
      return notify.error(('there is nothing to render: `%s` has no build.sh'):format(image))
    end
    if mods.split == '' and not mods.vertical then
      mods = vim.tbl_extend('force', mods, { vertical = true, split = 'belowright' })
    end
    local bufnr = scratch.open(PREFIX .. image, mods)
    vim.bo[bufnr].filetype = 'image-scripts-render'
    vim.bo[bufnr].syntax = 'sh'
    vim.keymap.set('n', 'gd', go_to_source, { buffer = bufnr, desc = 'Go to the source' })
    show(bufnr, client, rendering)
    follow_edits()
    local at = path and shown_at(views[bufnr], path, position)
    if at then
      local line = vim.api.nvim_buf_get_lines(bufnr, at.line, at.line + 1, false)[1] or ''
      local column = vim.str_byteindex(line, client.offset_encoding, at.character, false)
      vim.api.nvim_win_set_cursor(0, { at.line + 1, column })
    end
  end)
end

return M
