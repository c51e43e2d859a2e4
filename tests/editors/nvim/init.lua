-- The configuration of the person who uses Neovim in the tests: none, but that it begins the test
-- when Neovim is up.

vim.o.swapfile = false

vim.api.nvim_create_autocmd('VimEnter', {
  callback = vim.schedule_wrap(function()
    dofile(vim.env.SESSION)
  end),
})
