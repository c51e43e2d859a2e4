-- `:ImageScripts triage` and `fix`: why a test failed, in the quickfix list, and what fixes it. Nothing
-- of a log is trusted: the server makes it harmless, and it is shown as text.

local notify = require('image_scripts.notify')
local plain = require('image_scripts.plain')
local quickfix = require('image_scripts.quickfix')
local server = require('image_scripts.server')

local M = {}

local TITLE = 'image-scripts: causes of failed tests'

--- Number of lines of a buffer that are sent.
local MAX_LINES = 200000

--- A cause with the log that it was found in.
---@class image_scripts.ShownCause
---@field query image_scripts.TriageQuery
---@field cause image_scripts.TriagedCause

--- Causes by the number of their items in the quickfix list.
---@type table<integer, image_scripts.ShownCause>
local shown = {}

--- Makes the item of a cause: at its place, else at its line of the log that the user named.
---@param query image_scripts.TriageQuery
---@param cause image_scripts.TriagedCause
---@param text string
---@param encoding string
---@return vim.quickfix.entry
local function item_of(query, cause, text, encoding)
  local origin = cause.origins[1]
  if origin then
    return quickfix.item({ uri = origin.uri, range = origin.range }, encoding, text, 'E')
  elseif query.log and vim.fn.filereadable(query.log) == 1 then
    return { filename = query.log, lnum = cause.line, text = plain.line(text), type = 'E' }
  end
  return { text = plain.line(text), type = 'E' }
end

--- Adds lines of a log, which lead nowhere.
---@param items vim.quickfix.entry[]
---@param lines image_scripts.TriagedLine[]
---@param marked? integer
local function add_lines(items, lines, marked)
  for _, line in ipairs(lines) do
    local mark = line.number == marked and '>' or ' '
    local text = ('%s %d | %s'):format(mark, line.number, plain.line(line.text))
    table.insert(items, { text = text, valid = 0 })
  end
end

--- Fills the quickfix list with the failed tests.
---@param query image_scripts.TriageQuery
---@param failed image_scripts.TriagedTest[]
---@param encoding string
local function fill(query, failed, encoding)
  local items = {}
  shown = {}
  for _, test in ipairs(failed) do
    local name = test.image or test.test or 'a test'
    for _, cause in ipairs(test.causes) do
      local text = '%s (%s): %s: %s [triage/%s]'
      text = text:format(name, test.phase, cause.message, cause.advice, cause.code)
      table.insert(items, item_of(query, cause, text, encoding))
      shown[#items] = { query = query, cause = cause }
      add_lines(items, cause.excerpt, cause.line)
    end
    if #test.causes == 0 then
      local text = '%s (%s): the cause is unknown'
      table.insert(items, { text = plain.line(text:format(name, test.phase)), type = 'E' })
      add_lines(items, test.excerpt)
    end
  end
  quickfix.open(TITLE, items)
end

--- Looks for causes, and fills the quickfix list with them.
---@param client vim.lsp.Client
---@param query image_scripts.TriageQuery
---@param on_nothing fun(message: string) Called where there is nothing to show.
local function triage(client, query, on_nothing)
  query = vim.tbl_extend('keep', query, { root = client.root_dir })
  ---@param result? image_scripts.Triage
  server.request(client, 'imageScripts/triage', query, function(result)
    if not result then
      return on_nothing('this is no log of a test: nothing in it is known')
    end
    local failed = vim.tbl_filter(function(test)
      return not test.passed
    end, result.tests)
    if #failed == 0 then
      return on_nothing('nothing has failed in this log')
    end
    fill(query, failed, client.offset_encoding)
  end)
end

--- Triages a log: a file or a state directory, else the text of the current buffer.
---@param client vim.lsp.Client
---@param file? string
function M.open(client, file)
  local query = {}
  if file then
    query.log = vim.fn.fnamemodify(vim.fn.expand(file), ':p')
  else
    query.text = table.concat(vim.api.nvim_buf_get_lines(0, 0, MAX_LINES, false), '\n') .. '\n'
  end
  triage(client, query, notify.info)
end

--- Triages a test that has failed, by what it printed and what the test runner left.
---@param root string
---@param query image_scripts.TriageQuery
function M.after_failure(root, query)
  local client = server.client_of_root(root)
  if client then
    triage(client, query, function() end)
  end
end

--- Returns the cause at the cursor: in the quickfix list, or at its place.
---@return image_scripts.ShownCause?
local function at_cursor()
  local line = vim.api.nvim_win_get_cursor(0)[1]
  if vim.bo.buftype == 'quickfix' then
    -- Its lines of the log come after a cause.
    while line > 0 and not shown[line] do
      line = line - 1
    end
    return vim.fn.getqflist({ title = true }).title == TITLE and shown[line] or nil
  end
  local uri = vim.uri_from_bufnr(0)
  for _, one in pairs(shown) do
    local origin = one.cause.origins[1]
    if origin and origin.uri == uri and origin.range.start.line == line - 1 then
      return one
    end
  end
end

--- Applies the fix of the cause at the cursor to the texts as they are now.
---@param client vim.lsp.Client
function M.fix(client)
  local one = at_cursor()
  if not one then
    return notify.error('there is no cause here: `:ImageScripts triage` lists them')
  end
  ---@param result? image_scripts.Triage
  server.request(client, 'imageScripts/triage', one.query, function(result)
    local fixes = {}
    for _, test in ipairs(result and result.tests or {}) do
      for _, cause in ipairs(test.causes) do
        if cause.code == one.cause.code then
          vim.list_extend(fixes, cause.fixes)
        end
      end
    end
    local function apply(fix)
      if fix then
        vim.lsp.util.apply_workspace_edit(fix.edit, client.offset_encoding)
        notify.info(fix.title)
      end
    end
    if #fixes == 0 then
      notify.error('there is nothing to change for this: ' .. one.cause.advice)
    elseif #fixes == 1 then
      apply(fixes[1])
    else
      vim.ui.select(fixes, {
        prompt = 'Which one?',
        format_item = function(fix)
          return plain.line(fix.title)
        end,
      }, apply)
    end
  end)
end

return M
