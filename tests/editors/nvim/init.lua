-- Configuration of Neovim in the tests: it runs the test once Neovim has started.

vim.o.swapfile = false

vim.api.nvim_create_autocmd('VimEnter', {
  callback = vim.schedule_wrap(function()
    dofile(vim.env.HARNESS)
  end),
})
