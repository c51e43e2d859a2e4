-- Runs when Neovim starts: defines `:ImageScripts` and enables the language server. The modules in
-- `lua/` are only loaded when they are used.

if vim.g.loaded_image_scripts then
  return
end
vim.g.loaded_image_scripts = true

if vim.fn.has('nvim-0.11') == 0 then
  vim.notify_once(
    'image-scripts: this Neovim is too old: version 0.11 or newer is required',
    vim.log.levels.ERROR
  )
  return
end

vim.api.nvim_create_user_command('ImageScripts', function(args)
  require('image_scripts.command').execute(args)
end, {
  bang = true,
  nargs = '*',
  desc = 'Work with the container images of a vpsAdminOS checkout',
  complete = function(...)
    return require('image_scripts.command').complete(...)
  end,
})

local group = vim.api.nvim_create_augroup('image_scripts', {})

-- The `on_attach` of the configuration is left to the user.
vim.api.nvim_create_autocmd('LspAttach', {
  group = group,
  callback = function(args)
    local client = vim.lsp.get_client_by_id(args.data.client_id)
    if client and client.name == 'image_scripts_ls' then
      require('image_scripts.attach').attach(client, args.buf)
    end
  end,
})

-- What the builder expands in a here-document of the container.
vim.api.nvim_set_hl(0, '@lsp.mod.builder', { default = true, link = 'Special' })

if vim.g.image_scripts_enable ~= false then
  vim.lsp.enable('image_scripts_ls')
  -- Neovim itself only logs that a server is missing.
  vim.api.nvim_create_autocmd('FileType', {
    group = group,
    pattern = { 'sh', 'bash', 'nix', 'toml' },
    callback = function(args)
      return require('image_scripts.server').warn_if_missing(args.buf)
    end,
  })
end
