-- What a buffer gets when the server attaches to it: lenses and hints, where the user wants them,
-- and the folder that a new file needs.

local M = {}

--- Puts the folder of a new file there when the file is written. Neovim makes the files of a new
--- image as buffers only: nothing is on the disk until the user writes them.
---@param bufnr integer
local function make_folder(bufnr)
  local name = vim.api.nvim_buf_get_name(bufnr)
  local folder = vim.fs.dirname(name)
  if name ~= '' and not vim.uv.fs_stat(folder) then
    -- What is in the way, writing the file will say.
    pcall(vim.fn.mkdir, folder, 'p')
  end
end

--- Asks for the lenses of a buffer again. Others' servers are not asked.
---@param client vim.lsp.Client
---@param bufnr integer
function M.refresh_lenses(client, bufnr)
  local params = { textDocument = vim.lsp.util.make_text_document_params(bufnr) }
  client:request('textDocument/codeLens', params, vim.lsp.codelens.on_codelens, bufnr)
end

---@param client vim.lsp.Client
---@param bufnr integer
local function show_lenses(client, bufnr)
  -- Neovim 0.12 keeps them up to date itself.
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

--- The server answers for a buffer from now on.
---@param client vim.lsp.Client
---@param bufnr integer
function M.attach(client, bufnr)
  local options = require('image_scripts').options()
  if options.codelens then
    show_lenses(client, bufnr)
  end
  if options.inlay_hints then
    vim.lsp.inlay_hint.enable(true, { bufnr = bufnr })
  end
  vim.api.nvim_create_autocmd('BufWritePre', {
    group = vim.api.nvim_create_augroup('image_scripts_folder_' .. bufnr, {}),
    buffer = bufnr,
    callback = function()
      make_folder(bufnr)
    end,
  })
end

return M
