-- Sets up a buffer when the server attaches to it: code lenses and inlay hints if the user wants
-- them, and the directory of a new file when it is written.

local M = {}

--- Creates the directory of a file before the file is written. Neovim applies an edit that creates
--- files to buffers only: nothing is on disk until the user writes them.
---@param bufnr integer
local function make_directory(bufnr)
  local name = vim.api.nvim_buf_get_name(bufnr)
  local directory = vim.fs.dirname(name)
  if name ~= '' and not vim.uv.fs_stat(directory) then
    -- Writing the file reports the reason if this fails.
    pcall(vim.fn.mkdir, directory, 'p')
  end
end

--- Tells whether a buffer is of a file that neither exists nor has a text.
---@param bufnr integer
---@return boolean
local function is_nothing(bufnr)
  return vim.api.nvim_buf_line_count(bufnr) == 1
    and vim.api.nvim_buf_get_lines(bufnr, 0, 1, true)[1] == ''
    and not vim.uv.fs_lstat(vim.api.nvim_buf_get_name(bufnr))
end

--- Buffers that are followed, by number.
---@type table<integer, true?>
local followed = {}

--- Takes a file from the server when undo takes back that it was created, and gives it back with its
--- text: an open file is in the way of an image of the same name, and would be part of the checkout.
---@param client vim.lsp.Client
---@param bufnr integer
local function follow_created(client, bufnr)
  if followed[bufnr] or vim.uv.fs_lstat(vim.api.nvim_buf_get_name(bufnr)) then
    return
  end
  followed[bufnr] = true
  local function update()
    if not vim.api.nvim_buf_is_loaded(bufnr) or client:is_stopped() then
      return
    end
    local is_attached = client.attached_buffers[bufnr] ~= nil
    if is_attached and is_nothing(bufnr) then
      vim.lsp.buf_detach_client(bufnr, client.id)
    elseif not is_attached and not is_nothing(bufnr) then
      vim.lsp.buf_attach_client(bufnr, client.id)
    end
  end
  vim.api.nvim_buf_attach(bufnr, false, {
    on_lines = vim.schedule_wrap(update),
    on_detach = function()
      followed[bufnr] = nil
    end,
  })
end

--- Removes the empty line at the end of a file that an edit has created and nobody has changed since:
--- Neovim inserts the text before the one line that an empty buffer has.
---@param bufnr integer
local function trim_created(bufnr)
  local is_new = not vim.uv.fs_stat(vim.api.nvim_buf_get_name(bufnr))
  local last = vim.api.nvim_buf_get_lines(bufnr, -2, -1, false)[1]
  local is_trimmable = last == '' and vim.api.nvim_buf_line_count(bufnr) > 1
  if is_new and is_trimmable and vim.fn.undotree(bufnr).seq_last == 1 then
    vim.api.nvim_buf_set_lines(bufnr, -2, -1, false, {})
  end
end

--- Requests the lenses of a buffer again, from this server only.
---@param client vim.lsp.Client
---@param bufnr integer
function M.refresh_lenses(client, bufnr)
  local params = { textDocument = vim.lsp.util.make_text_document_params(bufnr) }
  client:request('textDocument/codeLens', params, vim.lsp.codelens.on_codelens, bufnr)
end

---@param client vim.lsp.Client
---@param bufnr integer
local function show_lenses(client, bufnr)
  -- Neovim 0.12 keeps lenses up to date by itself.
  if vim.lsp.codelens.enable then
    vim.lsp.codelens.enable(true, { bufnr = bufnr })
    return
  end
  M.refresh_lenses(client, bufnr)
  vim.api.nvim_create_autocmd({ 'BufEnter', 'InsertLeave', 'TextChanged' }, {
    group = vim.api.nvim_create_augroup('image_scripts_lenses_' .. bufnr, {}),
    buffer = bufnr,
    callback = function()
      if client:is_stopped() then
        return true
      end
      M.refresh_lenses(client, bufnr)
    end,
  })
end

--- Sets up a buffer that the server has attached to.
---@param client vim.lsp.Client
---@param bufnr integer
function M.attach(client, bufnr)
  local options = require('image_scripts').options()
  require('image_scripts.line_actions').enable(client)
  follow_created(client, bufnr)
  if options.codelens then
    show_lenses(client, bufnr)
  end
  if options.inlay_hints then
    vim.lsp.inlay_hint.enable(true, { bufnr = bufnr })
  end
  vim.api.nvim_create_autocmd('BufWritePre', {
    group = vim.api.nvim_create_augroup('image_scripts_directory_' .. bufnr, {}),
    buffer = bufnr,
    callback = function()
      make_directory(bufnr)
      trim_created(bufnr)
    end,
  })
end

return M
