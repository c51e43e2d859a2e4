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

--- Applies an edit.
---@type lsp.Handler
function M.apply_edit(_, params, ctx)
  return require('image_scripts.edit').apply(params.edit, client_of(ctx).offset_encoding)
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
  local message = require('image_scripts.syntax').own(params.message)
  if params.type == types.Error then
    notify.error(message)
  elseif params.type == types.Warning then
    notify.warn(message)
  elseif require('image_scripts.change').is_changing(ctx.client_id) then
    M.log_message(error, params, ctx)
  else
    notify.info(message)
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

--- Carries out "Explain ...".
---@param command lsp.Command
---@param ctx { client_id: integer }
function M.explain_rule(command, ctx)
  require('image_scripts.explain').show(client_of(ctx), argument(command).code)
end

--- Carries out "Compare policy with ...".
---@param command lsp.Command
---@param ctx { client_id: integer }
function M.compare_policy(command, ctx)
  require('image_scripts.policy').open(client_of(ctx), argument(command))
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
