-- `:ImageScripts status`: the table of all images.

local IMAGES = 'image-scripts/images/'
local NAME = 'image-scripts://status'

--- Returns the line of the table that begins with a word, and its number.
local function line_of(word)
  for number, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    if line:match('^(%S+)') == word then
      return line, number
    end
  end
end

local function open(t, command)
  vim.cmd(command or 'ImageScripts status')
  t.wait('the table', function()
    return vim.api.nvim_buf_get_name(0) == NAME and line_of('IMAGE')
  end)
end

local function press_here(key)
  vim.api.nvim_feedkeys(vim.keycode(key), 'xt', false)
end

--- Presses a key with the cursor on an image.
local function press(image, key)
  local _, number = line_of(image)
  vim.api.nvim_win_set_cursor(0, { number, 0 })
  press_here(key)
end

return {
  {
    'status: shows the state of every image',
    function(t)
      t.open(IMAGES .. 'fedora-45/build.sh')
      open(t)
      local cells = vim.split(line_of('fedora-44'), '  +')
      t.eq(cells, {
        'fedora-44',
        '44',
        'fedora',
        'yes',
        'latest stable',
        'fedora_44',
        'v2 systemd',
        '2',
      })
      t.eq(vim.split(line_of('ubuntu-26.10'), '  +')[4], 'no')
      t.eq(#vim.api.nvim_buf_get_lines(0, 0, -1, false), 2 + 49)
      t.ok(not vim.bo.modifiable, 'the table is read-only')
    end,
  },
  {
    'status: the table fits 100 columns, and names of images stay whole',
    function(t)
      t.write(
        IMAGES .. 'fedora-45/config.sh',
        'BUILDER=fedora\nRELVER=' .. ('long'):rep(40) .. '\n'
      )
      open(t)
      for _, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
        t.ok(vim.fn.strdisplaywidth(line) <= 100, line)
      end
      t.ok(line_of('fedora-45'):match('long%S*…'), 'what is cut is marked')
      t.ok(line_of('nixos-26.05-impermanence'), 'a long name is whole')
    end,
    'clean-2026',
  },
  {
    'status: a checkout is called by its folder and branch',
    function(t)
      open(t)
      t.has(vim.fn.getline(1), 'checkout  ')
      t.git_init()
      vim.system({ 'git', '-C', t.root, 'checkout', '-qb', 'topic/x' }):wait()
      vim.system({ 'git', '-C', t.root, 'worktree', 'add', '-q', t.home .. '/tree' }):wait()
      press_here('r')
      t.wait('the branch', function()
        return vim.startswith(vim.fn.getline(1), 'checkout (topic/x)  ')
      end)
      vim.cmd.close()
      vim.cmd.cd(t.home .. '/tree')
      vim.cmd('edit image-scripts/images/fedora-44/build.sh')
      t.wait('the server', t.client)
      vim.cmd('ImageScripts status')
      t.wait('the worktree', function()
        return vim.startswith(vim.fn.getline(1), 'tree (tree)  ')
      end)
    end,
  },
  {
    'status: the command alone opens the table',
    function(t)
      open(t, 'ImageScripts')
      t.ok(line_of('fedora-44'), 'the table is shown')
    end,
  },
  {
    'list: all images, from which one can go to their scripts',
    function(t)
      t.open(IMAGES .. 'fedora-45/build.sh')
      vim.cmd('ImageScripts list')
      t.becomes(49, 'the number of images', function()
        return #t.quickfix()
      end)
      local texts = vim.tbl_map(function(item)
        return item.text
      end, t.quickfix())
      t.ok(vim.list_contains(texts, 'fedora-44  published latest stable'), texts)
      t.ok(vim.list_contains(texts, 'ubuntu-26.10  not published'), texts)
      vim.cmd('cc ' .. vim.fn.index(texts, 'fedora-44  published latest stable') + 1)
      t.eq(vim.api.nvim_buf_get_name(0), t.path(IMAGES .. 'fedora-44/build.sh'))
    end,
  },
  {
    'status: <CR> opens build.sh, f lists the findings',
    function(t)
      t.open(IMAGES .. 'fedora-45/build.sh')
      open(t)
      press('ubuntu-26.10', 'f')
      local texts = vim.tbl_map(function(item)
        return item.text
      end, t.quickfix())
      t.eq(#texts, 3)
      t.has(table.concat(texts, '\n'), '[unknown-builder]')
      press('alpine-3.23', '<CR>')
      t.eq(vim.api.nvim_buf_get_name(0), t.path(IMAGES .. 'alpine/build.sh'))
    end,
  },
  {
    'status: the table is kept up to date, and the cursor stays on its image',
    function(t)
      t.open(IMAGES .. 'fedora-45/build.sh')
      t.sync()
      open(t)
      local _, number = line_of('ubuntu-26.10')
      vim.api.nvim_win_set_cursor(0, { number, 0 })
      t.write(IMAGES .. 'debian-14/build.sh', '. "$IMAGEDIR/config.sh"\n')
      t.write(IMAGES .. 'debian-14/config.sh', 'BUILDER=debian\n')
      t.wait('the new image', function()
        return line_of('debian-14')
      end)
      t.has(vim.api.nvim_get_current_line(), 'ubuntu-26.10')
    end,
  },
  {
    'status: commands are about the image at the cursor',
    function(t)
      vim.cmd.cd(t.home)
      t.open(IMAGES .. 'fedora-45/build.sh')
      open(t)
      local prompts = t.reply({ input = {}, confirm = 2 })
      local _, number = line_of('debian-13')
      vim.api.nvim_win_set_cursor(0, { number, 0 })
      vim.cmd('ImageScripts retire')
      t.wait('the prompt', function()
        return prompts[1]
      end)
      t.has(prompts[1].prompt, 'Retire debian-13?')
      vim.cmd('ImageScripts new')
      t.wait('the second prompt', function()
        return prompts[2]
      end)
      t.eq(prompts[2].default, 'debian-14')
    end,
  },
  {
    'status: a value with line breaks is shown in one cell',
    function(t)
      t.write(IMAGES .. 'fedora-45/config.sh', 'BUILDER=fedora\nRELVER="4\n5"\n')
      open(t)
      t.has(line_of('fedora-45'), '4\\n5')
      t.eq(#vim.api.nvim_buf_get_lines(0, 0, -1, false), 2 + 49)
    end,
  },
  {
    'status: what cannot be seen is written out',
    function(t)
      local plain = require('image_scripts.plain')
      t.eq(plain.line('Kůň 日本語 x`%{y}'), 'Kůň 日本語 x`%{y}')
      t.eq(plain.line('\27[31m\r\n\t\194\133'), '\\u{1b}[31m\\r\\n\\t\\u{85}')
      t.eq(plain.line('\226\128\174x\239\187\191'), '\\u{202e}x\\u{feff}')
    end,
  },
  {
    'status: the checkout is deleted while its table is shown',
    function(t)
      open(t)
      vim.api.nvim_win_set_cursor(0, { 30, 3 })
      local function lines()
        return vim.api.nvim_buf_get_lines(0, 0, -1, false)
      end
      vim.cmd.cd(t.home)
      vim.fs.rm(t.root, { recursive = true })
      t.wait('the table to say so', function()
        press_here('r')
        vim.wait(50)
        return vim.deep_equal(lines(), { 'the checkout no longer exists' })
      end, lines)
      press_here('<CR>')
      press_here('f')
      t.eq(t.messages, {})
    end,
  },
  {
    'status: the table uses the restarted server',
    function(t)
      vim.cmd.cd(t.home)
      t.open(IMAGES .. 'fedora-45/build.sh')
      open(t)
      vim.cmd('ImageScripts restart')
      t.message('the server is running again, for 1 open file')
      t.write(IMAGES .. 'debian-14/build.sh', '. "$IMAGEDIR/config.sh"\n')
      t.write(IMAGES .. 'debian-14/config.sh', 'BUILDER=debian\n')
      t.wait('the new image', function()
        return line_of('debian-14')
      end)
      press('ubuntu-26.10', 'f')
      t.eq(#t.quickfix(), 3)
      local prompts = t.reply({ confirm = 2 })
      vim.cmd('ImageScripts retire')
      t.wait('the prompt', function()
        return prompts[1]
      end)
      t.has(prompts[1].prompt, 'Retire ubuntu-26.10?')
    end,
  },
  {
    'status: the server can be restarted from the table alone',
    function(t)
      open(t)
      vim.cmd.cd(t.home)
      vim.lsp.get_clients()[1]:stop()
      t.becomes({}, 'running clients', vim.lsp.get_clients)
      press('ubuntu-26.10', 'r')
      t.message('the server has stopped')
      vim.cmd('ImageScripts restart')
      t.message('the server is running again')
      press('ubuntu-26.10', 'f')
      t.eq(#t.quickfix(), 3)
    end,
  },
  {
    'status: opening it again after `:bdelete` restores it',
    function(t)
      open(t)
      vim.cmd.bdelete()
      open(t)
      t.eq(vim.bo.buftype, 'nofile')
      t.ok(not vim.bo.modifiable and not vim.bo.buflisted, 'the table is read-only')
      t.eq(#vim.api.nvim_list_wins(), 2)
      press('ubuntu-26.10', 'q')
      t.eq(#vim.api.nvim_list_wins(), 1)
    end,
  },
  {
    'status: opened from another kind of file, in a vertical split',
    function(t)
      vim.cmd.edit(t.path('image-scripts/images/guix/system.scm'))
      open(t, 'vertical ImageScripts status')
      t.eq(vim.fn.winlayout()[1], 'row')
      press_here('q')
      t.has(vim.api.nvim_buf_get_name(0), 'system.scm')
    end,
  },
}
