-- What the server has the client do: notifications and requests, and the commands behind code
-- actions and lenses. `lsp/image_scripts_ls.lua` says which is which.

local tell = require('image_scripts.tell')

local M = {}

---@param ctx { client_id: integer }
---@return vim.lsp.Client
local function client_of(ctx)
  return assert(vim.lsp.get_client_by_id(ctx.client_id))
end

--- Closes the buffers of files that went with a folder: as long as they are open, the server goes
--- by them. One with changes stays; it is the user's.
---@param edit lsp.WorkspaceEdit
local function close_deleted(edit)
  for _, change in ipairs(edit.documentChanges or {}) do
    local deleted = change.kind == 'delete' and vim.uri_to_fname(change.uri)
    for _, bufnr in ipairs(deleted and vim.api.nvim_list_bufs() or {}) do
      local inside = vim.startswith(vim.api.nvim_buf_get_name(bufnr), deleted .. '/')
      if inside and not vim.bo[bufnr].modified then
        vim.api.nvim_buf_delete(bufnr, {})
      end
    end
  end
end

--- Takes the empty line away that Neovim leaves at the end of a file that an edit made: it puts
--- the text before the one line that an empty buffer has.
---@param edit lsp.WorkspaceEdit
local function trim_created(edit)
  for _, change in ipairs(edit.documentChanges or {}) do
    local bufnr = change.kind == 'create' and vim.uri_to_bufnr(change.uri)
    if bufnr and vim.api.nvim_buf_is_loaded(bufnr) then
      local last = vim.api.nvim_buf_get_lines(bufnr, -2, -1, false)[1]
      if last == '' and vim.api.nvim_buf_line_count(bufnr) > 1 then
        vim.api.nvim_buf_set_lines(bufnr, -2, -1, false, {})
      end
    end
  end
end

--- A file with changes below what an edit renames. Neovim writes such a file under its new name; it
--- is the user's to write.
---@param edit lsp.WorkspaceEdit
---@return string? path
local function modified_below_renamed(edit)
  for _, change in ipairs(edit.documentChanges or {}) do
    local renamed = change.kind == 'rename' and vim.uri_to_fname(change.oldUri)
    for _, bufnr in ipairs(renamed and vim.api.nvim_list_bufs() or {}) do
      local path = vim.api.nvim_buf_get_name(bufnr)
      local inside = path == renamed or vim.startswith(path, renamed .. '/')
      if inside and vim.bo[bufnr].modified then
        return path
      end
    end
  end
end

--- The server changes files.
---@type lsp.Handler
function M.apply_edit(_, params, ctx)
  local modified = modified_below_renamed(params.edit)
  if modified then
    local reason = '%s has changes, which would be written: write or undo them first'
    return { applied = false, failureReason = reason:format(modified) }
  end
  local encoding = client_of(ctx).offset_encoding
  local done, reason = pcall(vim.lsp.util.apply_workspace_edit, params.edit, encoding)
  if not done then
    -- Without the place in Neovim where it was raised.
    return { applied = false, failureReason = tostring(reason):gsub('^%S+:%d+: ', '') }
  end
  trim_created(params.edit)
  close_deleted(params.edit)
  return { applied = true }
end

--- Lenses may say something else.
---@type lsp.Handler
function M.refresh_lenses(error, result, ctx)
  local ours = vim.lsp.handlers['workspace/codeLens/refresh']
  if ours then
    return ours(error, result, ctx)
  end
  local client = client_of(ctx)
  if require('image_scripts').options().codelens then
    for bufnr in pairs(client.attached_buffers) do
      require('image_scripts.attach').refresh_lenses(client, bufnr)
    end
  end
  return vim.NIL
end

--- Images may be in another state.
function M.images_changed()
  require('image_scripts.status').refresh()
end

---@type lsp.Handler
function M.show_message(_, params)
  local kinds = vim.lsp.protocol.MessageType
  if params.type == kinds.Error then
    tell.error(params.message)
  elseif params.type == kinds.Warning then
    tell.warning(params.message)
  else
    tell.info(params.message)
  end
end

---@type lsp.Handler
function M.log_message(error, params, ctx)
  require('image_scripts.log').add(params)
  vim.lsp.handlers['window/logMessage'](error, params, ctx)
end

--- "New image like ...": the user completes the name.
---@param command lsp.Command
---@param ctx { client_id: integer }
function M.new_image(command, ctx)
  local proposed = (command.arguments or {})[1] or {}
  local request = { like = proposed.like, root = proposed.root }
  require('image_scripts.change').new(client_of(ctx), request, proposed.name)
end

--- "Retire ...".
---@param command lsp.Command
---@param ctx { client_id: integer }
function M.retire_image(command, ctx)
  require('image_scripts.change').retire(client_of(ctx), (command.arguments or {})[1] or {})
end

--- "run image-scripts/test@...", and what else there is to run.
---@param command lsp.Command
---@param ctx { client_id: integer }
function M.run_test(command, ctx)
  require('image_scripts.test').run(client_of(ctx).root_dir, (command.arguments or {})[1] or {})
end

--- The places that a lens speaks of.
---@param command lsp.Command
---@param ctx { client_id: integer }
function M.show_references(command, ctx)
  local locations = (command.arguments or {})[3] or {}
  local title = command.title or 'References'
  require('image_scripts.places').show(title, locations, client_of(ctx).offset_encoding)
end

return M
