-- What is there from the start: the command `:ImageScripts`, and the language server for files of
-- a checkout. Everything else is read when it is used.

if vim.g.loaded_image_scripts then
  return
end
vim.g.loaded_image_scripts = true

if vim.fn.has('nvim-0.11') == 0 then
  vim.notify_once('image-scripts: Neovim 0.11 or newer is needed', vim.log.levels.ERROR)
  return
end

vim.api.nvim_create_user_command('ImageScripts', function(args)
  require('image_scripts.command').run(args)
end, {
  bang = true,
  nargs = '*',
  desc = 'Work with the container images of a vpsAdminOS checkout',
  complete = function(...)
    return require('image_scripts.command').complete(...)
  end,
})

local group = vim.api.nvim_create_augroup('image_scripts', {})

-- Not `on_attach` of the configuration: that one is the user's.
vim.api.nvim_create_autocmd('LspAttach', {
  group = group,
  callback = function(args)
    local client = vim.lsp.get_client_by_id(args.data.client_id)
    if client and client.name == 'image_scripts_ls' then
      require('image_scripts.attach').attach(client, args.buf)
    end
  end,
})

if vim.g.image_scripts_enable ~= false then
  vim.lsp.enable('image_scripts_ls')
  -- Neovim only logs it when a server is not there.
  vim.api.nvim_create_autocmd('FileType', {
    group = group,
    pattern = { 'sh', 'bash', 'nix', 'toml' },
    callback = function(args)
      return require('image_scripts.client').tell_if_missing(args.buf)
    end,
  })
end
