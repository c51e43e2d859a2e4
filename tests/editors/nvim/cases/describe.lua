-- `:ImageScripts describe`: a commit message, in a buffer of its own or in the one of a commit.

local FEDORA = 'image-scripts/images/fedora-44/build.sh'
local NAME = 'image-scripts://describe'

--- Changes an image in a repository that has all the rest.
local function change(t)
  t.git_init()
  t.write(FEDORA, t.read(FEDORA) .. 'configure-sshd UseDNS no\n')
  t.open(FEDORA)
end

--- Waits for the message, and returns the lines of its buffer.
local function message(t)
  return t.wait('the message', function()
    local lines = vim.api.nvim_buf_get_lines(0, 0, -1, false)
    return lines[1]:find('^image%-scripts: ') and lines
  end, function()
    return { vim.api.nvim_buf_get_lines(0, 0, -1, false), t.messages }
  end)
end

--- Opens the message of a commit, as git does.
local function open_commit(t, lines)
  t.write('.git/COMMIT_EDITMSG', table.concat(lines, '\n') .. '\n')
  vim.cmd.edit(t.path('.git/COMMIT_EDITMSG'))
  t.eq(vim.bo.filetype, 'gitcommit')
end

local function stage(t)
  local done = vim.system({ 'git', '-C', t.root, 'add', '-A' }):wait()
  t.eq(done.code, 0)
end

return {
  {
    'describe: the message is in a buffer of its own, and may be edited',
    function(t)
      change(t)
      vim.cmd('vertical ImageScripts describe')
      local lines = message(t)
      t.has(lines[1], 'fedora-44')
      t.has(table.concat(lines, '\n'), 'Not tested: image-scripts/test@fedora-44')
      t.eq(vim.api.nvim_buf_get_name(0), NAME)
      t.eq(vim.bo.filetype, 'gitcommit')
      t.ok(vim.bo.modifiable)
      -- It is made again where it is.
      vim.api.nvim_buf_set_lines(0, 0, -1, false, { '' })
      vim.cmd('ImageScripts describe HEAD')
      t.eq(message(t), lines)
      t.eq(#vim.api.nvim_list_wins(), 2)
    end,
  },
  {
    'describe: the message goes into that of a commit, above its comments',
    function(t)
      change(t)
      stage(t)
      t.write('image-scripts/images/arch/build.sh', 'true\n')
      open_commit(t, { '', '# Changes to be committed:', '#\tmodified: x' })
      vim.cmd('ImageScripts describe')
      local lines = message(t)
      t.has(lines[1], 'fedora-44')
      t.ok(not table.concat(lines, '\n'):find('arch', 1, true), 'what is not staged is described')
      t.eq(vim.list_slice(lines, #lines - 2), {
        '',
        '# Changes to be committed:',
        '#\tmodified: x',
      })
    end,
  },
  {
    'describe: a message that is begun is left as it is',
    function(t)
      change(t)
      stage(t)
      open_commit(t, { 'Something', '', '# Changes' })
      local commit = vim.api.nvim_get_current_buf()
      vim.cmd('ImageScripts describe')
      message(t)
      t.eq(vim.api.nvim_buf_get_name(0), NAME)
      t.eq(vim.api.nvim_buf_get_lines(commit, 0, -1, false), { 'Something', '', '# Changes' })
      t.message('there is a message already')
    end,
  },
  {
    'describe: nothing to describe is said',
    function(t)
      t.git_init()
      t.open(FEDORA)
      vim.cmd('ImageScripts describe')
      t.message('nothing has changed since')
      vim.cmd('ImageScripts describe no-such-thing')
      t.message('no-such-thing')
    end,
  },
}
