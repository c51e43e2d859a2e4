-- Handlers of the server's notifications and requests, and of the commands that its code actions
-- and lenses carry. `lsp/image_scripts_ls.lua` maps methods and commands to these functions.

local notify = require('image_scripts.notify')

local M = {}

---@param ctx { client_id: integer }
---@return vim.lsp.Client
local function client_of(ctx)
  return assert(vim.lsp.get_client_by_id(ctx.client_id))
end

--- Returns the argument of a command, or an empty table.
---@param command lsp.Command
---@param index? integer
---@return any
local function argument(command, index)
  return (command.arguments or {})[index or 1] or {}
end

--- Closes the buffers of files in deleted directories: the server goes by their text as long as they
--- are open. Modified buffers stay, as the user may still need them.
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

--- Removes the empty line at the end of created files: Neovim inserts the text before the one line
--- that an empty buffer has.
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

--- Returns the path of a modified file at or below a path that an edit renames. Neovim would write
--- it under its new name, but writing is up to the user.
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

--- Applies an edit.
---@type lsp.Handler
function M.apply_edit(_, params, ctx)
  local modified = modified_below_renamed(params.edit)
  if modified then
    local reason = '%s has unsaved changes: write or undo them first'
    return { applied = false, failureReason = reason:format(modified) }
  end
  local encoding = client_of(ctx).offset_encoding
  local done, reason = pcall(vim.lsp.util.apply_workspace_edit, params.edit, encoding)
  if not done then
    -- Strips the position in Neovim's source that raised the error.
    return { applied = false, failureReason = tostring(reason):gsub('^%S+:%d+: ', '') }
  end
  trim_created(params.edit)
  close_deleted(params.edit)
  return { applied = true }
end

--- Requests the lenses of all attached buffers again, if the user wants lenses.
---@type lsp.Handler
function M.refresh_lenses(error, result, ctx)
  local builtin = vim.lsp.handlers['workspace/codeLens/refresh']
  if builtin then
    return builtin(error, result, ctx)
  end
  local client = client_of(ctx)
  if require('image_scripts').options().codelens then
    for bufnr in pairs(client.attached_buffers) do
      require('image_scripts.attach').refresh_lenses(client, bufnr)
    end
  end
  return vim.NIL
end

--- Updates the table of images.
function M.images_changed()
  require('image_scripts.status').refresh()
end

--- Shows a message of the server. What it informs about while it makes a change is in the report, and
--- would be too long for one line.
---@type lsp.Handler
function M.show_message(error, params, ctx)
  local types = vim.lsp.protocol.MessageType
  if params.type == types.Error then
    notify.error(params.message)
  elseif params.type == types.Warning then
    notify.warn(params.message)
  elseif require('image_scripts.change').is_changing(ctx.client_id) then
    M.log_message(error, params, ctx)
  else
    notify.info(params.message)
  end
end

--- Keeps a log message of the server.
---@type lsp.Handler
function M.log_message(error, params, ctx)
  require('image_scripts.log').add(params)
  vim.lsp.handlers['window/logMessage'](error, params, ctx)
end

--- Carries out "New image like ...": asks for the name, and proposes one.
---@param command lsp.Command
---@param ctx { client_id: integer }
function M.new_image(command, ctx)
  ---@type image_scripts.NewImage
  local proposed = argument(command)
  local arguments = { like = proposed.like, root = proposed.root }
  require('image_scripts.change').new(client_of(ctx), arguments, proposed.name)
end

--- Carries out "Retire ...".
---@param command lsp.Command
---@param ctx { client_id: integer }
function M.retire_image(command, ctx)
  require('image_scripts.change').retire(client_of(ctx), argument(command))
end

--- Carries out "run image-scripts/test@..." and the other lenses that run something.
---@param command lsp.Command
---@param ctx { client_id: integer }
function M.run_test(command, ctx)
  require('image_scripts.test_runner').execute(client_of(ctx).root_dir, argument(command))
end

--- Shows the locations that a lens counts.
---@param command lsp.Command
---@param ctx { client_id: integer }
function M.show_references(command, ctx)
  local title = command.title or 'References'
  local encoding = client_of(ctx).offset_encoding
  require('image_scripts.quickfix').show(title, argument(command, 3), encoding)
end

return M
