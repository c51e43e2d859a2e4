-- Changes that delete, rename or link something: nothing is deleted unasked, and no half of a change
-- is on disk alone.

local REPOSITORY = 'os/configs/image-repository.nix'
local TABLE = 'tests/distributions.nix'
local IMAGES = 'image-scripts/images/'

--- Returns what git says has changed in the checkout.
local function changes(t)
  local command = { 'git', '-C', t.root, 'status', '--short', '--untracked-files=all' }
  return vim.system(command, { text = true }):wait().stdout
end

--- Requires that no buffer of a file has unsaved changes.
local function is_written(t)
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    local name = vim.api.nvim_buf_get_name(bufnr)
    t.ok(vim.bo[bufnr].buftype ~= '' or not vim.bo[bufnr].modified, 'unsaved: ' .. name)
  end
end

return {
  {
    'replace: the user is asked, and all that is deleted is named',
    function(t)
      t.git_init()
      t.open(IMAGES .. 'fedora-45/build.sh')
      local prompts = t.reply({ confirm = 2 })
      vim.cmd('ImageScripts new fedora-46 replace=fedora-43')
      t.wait('the prompt', function()
        return prompts[1]
      end)
      t.has(prompts[1].prompt, 'Create fedora-46 and retire fedora-43?')
      t.has(prompts[1].prompt, 'deletes  ' .. IMAGES .. 'fedora-43')
      t.has(prompts[1].prompt, 'creates  ' .. IMAGES .. 'fedora-46/build.sh')
      t.has(prompts[1].prompt, 'written at once')
      t.sync()
      t.eq(changes(t), '', 'nothing is done if the user cancels')
      is_written(t)
      t.eq(t.messages, {})
    end,
  },
  {
    'replace: the whole change is on disk when Neovim is left without writing',
    {
      function(t)
        t.git_init()
        t.open(IMAGES .. 'fedora-45/build.sh')
        t.reply({ confirm = 1 })
        vim.cmd('ImageScripts new fedora-46 replace=fedora-43')
        t.message('created fedora-46')
        is_written(t)
      end,
      function(t)
        t.ok(not t.exists(IMAGES .. 'fedora-43'), 'the replaced image is gone')
        t.has(t.read(IMAGES .. 'fedora-46/build.sh'), 'configure-fedora')
        t.eq(t.read(IMAGES .. 'fedora-46/config.sh'), 'BUILDER=fedora\n')
        for path, now in pairs({ [REPOSITORY] = '"46"', [TABLE] = 'fedora_46' }) do
          t.has(t.read(path), now)
          t.ok(not t.read(path):find(now:gsub('6', '3'), 1, true), path)
        end
      end,
    },
  },
  {
    'replace: a link is on disk with the entries of the change',
    {
      function(t)
        t.git_init()
        t.open(IMAGES .. 'alpine/build.sh')
        t.reply({ confirm = 1 })
        vim.cmd('ImageScripts new alpine-3.25 replace=alpine-3.21')
        t.message('created alpine-3.25')
        is_written(t)
      end,
      function(t)
        t.ok(not t.exists(IMAGES .. 'alpine-3.21'), 'the replaced image is gone')
        t.ok(t.exists(IMAGES .. 'alpine-3.25'), 'the link is there')
        t.has(t.read(REPOSITORY), '"3.25"')
        t.ok(not t.read(REPOSITORY):find('"3.21"', 1, true), 'the old entry is gone')
      end,
    },
  },
  {
    'new: nothing is on disk when Neovim is left without writing',
    {
      function(t)
        t.git_init()
        t.open(IMAGES .. 'fedora-45/build.sh')
        vim.cmd('ImageScripts new fedora-46')
        t.message('created fedora-46')
        t.wait('the new image to be shown', function()
          return vim.api.nvim_buf_get_name(0) == t.path(IMAGES .. 'fedora-46/build.sh')
        end)
      end,
      function(t)
        t.eq(changes(t), '')
        t.ok(not t.exists(IMAGES .. 'fedora-46'), 'there is no directory either')
      end,
    },
  },
  {
    'new: a program that the server copies is on disk with the rest of the change',
    function(t)
      t.program(IMAGES .. 'fedora-45/tool', '#!/bin/sh\n')
      t.git_init()
      t.open(IMAGES .. 'fedora-45/build.sh')
      vim.cmd('ImageScripts new fedora-46')
      t.message('created fedora-46')
      is_written(t)
      t.eq(t.read(IMAGES .. 'fedora-46/tool'), '#!/bin/sh\n')
      t.has(t.read(IMAGES .. 'fedora-46/build.sh'), 'configure-fedora')
      vim.cmd('ImageScripts next')
      t.ok(vim.fn.search(':ImageScripts retire fedora-46') > 0, 'it is said what takes it back')
    end,
  },
  {
    'retire: the whole change is on disk, and undo is not promised',
    function(t)
      t.git_init()
      t.open(IMAGES .. 'fedora-45/build.sh')
      t.reply({ confirm = 1 })
      vim.cmd('ImageScripts retire fedora-43')
      t.message('retired fedora-43')
      is_written(t)
      t.ok(not t.read(REPOSITORY):find('"43"', 1, true), 'the entry is gone')
      vim.cmd('ImageScripts next')
      local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
      t.has(text, '    git restore -- image-scripts/images/fedora-43\n')
      t.ok(not text:find(':wall', 1, true), text)
    end,
  },
  {
    'unsaved changes in the files of such a change prevent it',
    function(t)
      t.git_init()
      for _, path in ipairs({ IMAGES .. 'fedora-43/build.sh', REPOSITORY }) do
        local bufnr = t.open(path)
        vim.api.nvim_buf_set_lines(bufnr, 0, 0, false, { '# precious' })
        for _, command in ipairs({ 'retire fedora-43', 'new fedora-46 replace=fedora-43' }) do
          t.messages = {}
          vim.cmd('ImageScripts ' .. command)
          local message = t.message(path .. ' has unsaved changes: write or undo them first')
          t.has(message.text, 'nothing was changed')
        end
        t.has(t.text(path), '# precious')
        t.undo(path)
      end
      t.eq(changes(t), '')
      t.messages = {}
      vim.cmd('ImageScripts! retire fedora-43')
      t.message('retired fedora-43')
    end,
  },
  {
    'nothing is deleted if a file of the change cannot be written',
    function(t)
      t.git_init()
      t.open(IMAGES .. 'fedora-45/build.sh')
      vim.bo[t.edit(TABLE)].readonly = true
      t.edit(IMAGES .. 'fedora-45/build.sh')
      local tables = { t.text(REPOSITORY), t.text(TABLE) }
      vim.cmd('ImageScripts! new fedora-46 replace=fedora-43')
      local message = t.message('nothing was changed')
      t.eq(message.level, vim.log.levels.ERROR)
      t.has(message.text, 'readonly')
      t.eq(changes(t), '')
      t.eq({ t.text(REPOSITORY), t.text(TABLE) }, tables)
      is_written(t)
      vim.bo[t.buffer(TABLE)].readonly = false
      t.messages = {}
      vim.cmd('ImageScripts! new fedora-46 replace=fedora-43')
      t.message('created fedora-46')
    end,
  },
}
