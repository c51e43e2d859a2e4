-- Configuration of the client for `image-scripts-ls`. Neovim reads it when any file is opened, so
-- the modules in `lua/` are only loaded when one of its functions is called.

--- Returns a function of a module that is loaded when the function is called.
---@param module string
---@param name string
---@return function
local function lazy(module, name)
  return function(...)
    return require('image_scripts.' .. module)[name](...)
  end
end

--- Returns an option of the user, or nil if it is not a table: that error is reported elsewhere.
---@param name string
---@return table?
local function option(name)
  local options = vim.g.image_scripts
  local value = type(options) == 'table' and options[name]
  return type(value) == 'table' and value or nil
end

---@type vim.lsp.Config
return {
  cmd = option('cmd') or { 'image-scripts-ls' },
  filetypes = { 'sh', 'bash', 'nix', 'toml' },

  -- Starts only for files of a checkout that the server reads, not for all scripts and Nix files.
  root_dir = function(bufnr, on_dir)
    local root = require('image_scripts.checkout').of_buffer(bufnr)
    if root then
      on_dir(root)
    end
  end,
  workspace_required = true,

  capabilities = {
    workspace = {
      -- Neovim supports this but does not say so, and no edit could create files without it.
      workspaceEdit = { documentChanges = true },
      codeLens = { refreshSupport = true },
    },
  },

  init_options = {
    imagesChanged = true,
    -- Commands that the client carries out, for example to ask for the name of a new image.
    commands = {
      'imageScripts.newImage',
      'imageScripts.runTest',
      'imageScripts.showReferences',
      'imageScripts.explainRule',
      'imageScripts.comparePolicy',
    },
  },

  settings = {
    imageScripts = vim.tbl_extend('force', { bash = true, hints = true }, option('settings') or {}),
  },

  handlers = {
    ['imageScripts/imagesChanged'] = lazy('handlers', 'images_changed'),
    ['window/logMessage'] = lazy('handlers', 'log_message'),
    ['window/showMessage'] = lazy('handlers', 'show_message'),
    ['workspace/applyEdit'] = lazy('handlers', 'apply_edit'),
    ['workspace/codeLens/refresh'] = lazy('handlers', 'refresh_lenses'),
  },

  -- Commands of code actions and lenses.
  commands = {
    ['imageScripts.comparePolicy'] = lazy('handlers', 'compare_policy'),
    ['imageScripts.explainRule'] = lazy('handlers', 'explain_rule'),
    ['imageScripts.newImage'] = lazy('handlers', 'new_image'),
    ['imageScripts.retireImage'] = lazy('handlers', 'retire_image'),
    ['imageScripts.runTest'] = lazy('handlers', 'run_test'),
    ['imageScripts.showReferences'] = lazy('handlers', 'show_references'),
  },

  on_exit = lazy('server', 'on_exit'),
}
