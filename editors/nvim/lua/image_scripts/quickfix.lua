-- Shows LSP locations, in the quickfix list if there are several.

local notify = require('image_scripts.notify')
local plain = require('image_scripts.plain')

local M = {}

--- Types of quickfix items by severity.
---@type table<image_scripts.Severity, string>
M.TYPES = { error = 'E', warning = 'W', information = 'I', hint = 'N' }

--- Converts locations to quickfix items.
---@param locations lsp.Location[]
---@param encoding 'utf-8'|'utf-16'|'utf-32'
---@return vim.quickfix.entry[]
function M.items(locations, encoding)
  return vim.lsp.util.locations_to_items(locations, encoding)
end

--- Makes a quickfix item of a location and a text.
---@param location lsp.Location
---@param encoding 'utf-8'|'utf-16'|'utf-32'
---@param text string
---@param type? string As in |setqflist()|.
---@return vim.quickfix.entry
function M.item(location, encoding, text, type)
  local item = M.items({ location }, encoding)[1]
  -- Neovim keeps the location there; a list has no use for it.
  item.user_data = nil
  return vim.tbl_extend('force', item, { text = plain.line(text), type = type })
end

--- Returns findings in order of path and position.
---@param diagnostics vim.Diagnostic[]
---@return vim.Diagnostic[]
function M.sorted(diagnostics)
  local sorted = vim.list_extend({}, diagnostics)
  table.sort(sorted, function(a, b)
    if a.bufnr ~= b.bufnr then
      return vim.api.nvim_buf_get_name(a.bufnr) < vim.api.nvim_buf_get_name(b.bufnr)
    elseif a.lnum ~= b.lnum then
      return a.lnum < b.lnum
    end
    return a.col < b.col
  end)
  return sorted
end

--- Opens the quickfix list with the given items. The cursor stays in its window.
---@param title string
---@param items vim.quickfix.entry[]
function M.open(title, items)
  vim.fn.setqflist({}, ' ', { title = plain.line(title), items = items })
  local window = vim.api.nvim_get_current_win()
  vim.cmd('botright copen')
  if vim.api.nvim_win_is_valid(window) then
    vim.api.nvim_set_current_win(window)
  end
end

--- Types of quickfix items by the severity that Neovim knows.
local TYPES = { 'E', 'W', 'I', 'N' }

--- Opens the quickfix list with all findings of a server, in order of path, with their codes. Values
--- to verify are none: they have a list of their own.
---@param client vim.lsp.Client
function M.open_findings(client)
  local namespace = vim.lsp.diagnostic.get_namespace(client.id)
  local items = {}
  for _, finding in ipairs(M.sorted(vim.diagnostic.get(nil, { namespace = namespace }))) do
    if finding.code ~= 'verify' then
      table.insert(items, {
        bufnr = finding.bufnr,
        lnum = finding.lnum + 1,
        col = finding.col + 1,
        end_lnum = finding.end_lnum and finding.end_lnum + 1,
        end_col = finding.end_col and finding.end_col + 1,
        text = plain.line(('%s [%s]'):format(finding.message, finding.code)),
        type = TYPES[finding.severity],
      })
    end
  end
  if #items == 0 then
    return notify.info('there are no findings')
  end
  M.open('image-scripts: findings', items)
end

--- Jumps to the location if there is only one, else lists all of them.
---@param title string
---@param locations lsp.Location[]
---@param encoding 'utf-8'|'utf-16'|'utf-32'
function M.show(title, locations, encoding)
  if #locations == 1 then
    vim.lsp.util.show_document(locations[1], encoding, { focus = true })
  else
    M.open(title, M.items(locations, encoding))
  end
end

return M
