-- `:ImageScripts render`: the script that the container of an image executes, beside its source.

local BUILD = 'image-scripts/images/fedora-45/build.sh'
local NAME = 'image-scripts://render/fedora-45'

--- Returns the text of the buffer with the script.
local function rendered()
  local bufnr = vim.fn.bufnr(NAME)
  return bufnr > 0 and table.concat(vim.api.nvim_buf_get_lines(bufnr, 0, -1, false), '\n') or ''
end

local function open(t, command)
  vim.cmd(command or 'ImageScripts render')
  t.wait('the script', function()
    return vim.api.nvim_buf_get_name(0) == NAME and rendered() ~= ''
  end)
end

return {
  {
    'render: the script follows edits, and leads to its source and back',
    function(t)
      t.open(BUILD)
      t.go_to('run-configure')
      vim.fn.append(vim.fn.line('.') - 1, {
        "configure-append <<'EOF'",
        'echo one',
        '\techo "ä"; echo two',
        'EOF',
      })
      t.go_to('echo two')
      local line = vim.fn.line('.')
      open(t)
      t.has(vim.api.nvim_get_current_line(), 'echo two', 'the cursor is where it was')
      t.ok(not vim.bo.modifiable, 'the script is read-only')
      t.eq(#vim.api.nvim_tabpage_list_wins(0), 2)
      t.go_to('echo two', 5)
      vim.api.nvim_feedkeys('gd', 'xt', false)
      t.wait('the source', function()
        return vim.api.nvim_buf_get_name(0) == t.path(BUILD)
      end)
      t.eq(vim.fn.line('.'), line)
      t.eq(vim.fn.expand('<cword>'), 'two')
      vim.cmd('normal! ciwthree')
      t.wait('the edit', function()
        return rendered():find('echo three', 1, true)
      end, rendered)
      vim.cmd('undo')
      t.wait('the edit to be undone', function()
        return not rendered():find('echo three', 1, true)
      end, rendered)
    end,
  },
  {
    'render: a text of an include, and an image that has no script',
    function(t)
      t.open(BUILD)
      open(t, 'ImageScripts render fedora-45')
      local first = vim.api.nvim_buf_get_lines(0, 0, 1, false)[1]
      t.has(first, '# /tmp/configure.sh: ')
      t.go_to('systemctl')
      local text = vim.api.nvim_get_current_line()
      vim.api.nvim_feedkeys('gd', 'xt', false)
      t.wait('the source', function()
        return vim.api.nvim_buf_get_name(0):find('/include/', 1, true)
      end)
      t.eq(vim.api.nvim_get_current_line(), text)
      vim.cmd('ImageScripts render nothing-1')
      t.message('there is nothing to render: `nothing-1` has no build.sh')
    end,
  },
}
