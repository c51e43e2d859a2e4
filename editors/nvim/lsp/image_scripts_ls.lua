-- How Neovim starts `image-scripts-ls`, and what the two do for each other. This is read for every
-- file that is opened, whatever it is: what is behind it is only read when it is called.

---@param module string
---@param name string
---@return function
local function later(module, name)
  return function(...)
    return require('image_scripts.' .. module)[name](...)
  end
end

--- What the user set; an option of the wrong kind counts for nothing. It is told elsewhere.
---@param name string
local function option(name)
  local options = vim.g.image_scripts
  local value = type(options) == 'table' and options[name]
  return type(value) == 'table' and value or nil
end

---@type vim.lsp.Config
return {
  cmd = option('cmd') or { 'image-scripts-ls' },
  filetypes = { 'sh', 'bash', 'nix', 'toml' },

  -- Only inside a checkout, and only for files that the server knows: it is a guest among the
  -- scripts and the Nix files of others.
  root_dir = function(bufnr, on_dir)
    local root = require('image_scripts.checkout').of_buffer(bufnr)
    if root then
      on_dir(root)
    end
  end,
  workspace_required = true,

  capabilities = {
    workspace = {
      -- Neovim does this, and does not say so. Without it, no edit can create files.
      workspaceEdit = { documentChanges = true },
      codeLens = { refreshSupport = true },
    },
  },

  init_options = {
    imagesChanged = true,
    -- These are ours: we ask for the new image's name before the server makes it.
    commands = {
      'imageScripts.newImage',
      'imageScripts.runTest',
      'imageScripts.showReferences',
    },
  },

  settings = {
    imageScripts = vim.tbl_extend('force', { bash = true, hints = true }, option('settings') or {}),
  },

  handlers = {
    ['imageScripts/imagesChanged'] = later('handlers', 'images_changed'),
    ['window/logMessage'] = later('handlers', 'log_message'),
    ['window/showMessage'] = later('handlers', 'show_message'),
    ['workspace/applyEdit'] = later('handlers', 'apply_edit'),
    ['workspace/codeLens/refresh'] = later('handlers', 'refresh_lenses'),
  },

  -- Code actions and lenses lead to these.
  commands = {
    ['imageScripts.newImage'] = later('handlers', 'new_image'),
    ['imageScripts.retireImage'] = later('handlers', 'retire_image'),
    ['imageScripts.runTest'] = later('handlers', 'run_test'),
    ['imageScripts.showReferences'] = later('handlers', 'show_references'),
  },

  on_exit = later('client', 'exited'),
}
