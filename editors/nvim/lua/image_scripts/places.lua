-- Places in files, in the quickfix list.

local M = {}

--- Items of a quickfix list for places.
---@param locations lsp.Location[]
---@param encoding 'utf-8'|'utf-16'|'utf-32'
---@return vim.quickfix.entry[]
function M.items(locations, encoding)
  return vim.lsp.util.locations_to_items(locations, encoding)
end

--- One item.
---@param location lsp.Location
---@param encoding 'utf-8'|'utf-16'|'utf-32'
---@param text string
---@param type? string As in |setqflist()|.
---@return vim.quickfix.entry
function M.item(location, encoding, text, type)
  local item = M.items({ location }, encoding)[1]
  -- What it is that was found, to Neovim; of no use in a list.
  item.user_data = nil
  return vim.tbl_extend('force', item, { text = text, type = type })
end

--- Opens the quickfix list with some items. The cursor stays where it is.
---@param title string
---@param items vim.quickfix.entry[]
function M.open(title, items)
  vim.fn.setqflist({}, ' ', { title = title, items = items })
  local window = vim.api.nvim_get_current_win()
  vim.cmd('botright copen')
  if vim.api.nvim_win_is_valid(window) then
    vim.api.nvim_set_current_win(window)
  end
end

--- Goes to a place if it is the only one, else shows all in the quickfix list.
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
