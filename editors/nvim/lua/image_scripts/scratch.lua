-- Read-only buffers that belong to no file.

local M = {}

--- Returns the buffer with a name, if there is one.
---@param name string
---@return integer?
function M.find(name)
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_get_name(bufnr) == name then
      return bufnr
    end
  end
end

--- Enters the window of a buffer, and creates either of them if it does not exist.
---@param name string
---@param mods table Modifiers as in |nvim_parse_cmd()|.
---@return integer bufnr
function M.open(name, mods)
  local bufnr = M.find(name)
  if not bufnr then
    bufnr = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_buf_set_name(bufnr, name)
  end
  -- An existing buffer needs this too: `:bdelete` resets its options, but leaves the buffer.
  vim.bo[bufnr].buftype = 'nofile'
  vim.bo[bufnr].bufhidden = 'hide'
  vim.bo[bufnr].swapfile = false
  vim.bo[bufnr].modifiable = false
  vim.bo[bufnr].buflisted = false
  vim.keymap.set('n', 'q', '<C-w>c', { buffer = bufnr, desc = 'Close the window' })
  local window = vim.fn.win_findbuf(bufnr)[1]
  if window then
    vim.api.nvim_set_current_win(window)
  else
    vim.cmd.sbuffer({ args = { tostring(bufnr) }, mods = mods })
    vim.wo[0][0].wrap = false
  end
  return bufnr
end

--- Replaces the contents of a buffer.
---@param bufnr integer
---@param lines string[]
function M.fill(bufnr, lines)
  vim.bo[bufnr].modifiable = true
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.bo[bufnr].modifiable = false
  vim.bo[bufnr].modified = false
end

return M
