-- `:ImageScripts test` and `list`, code lenses and inlay hints. A script written by the test stands
-- in for `test-runner.sh`: the real one takes hours.

local FEDORA = 'image-scripts/images/fedora-45/build.sh'

--- Writes a `test-runner.sh` that records its arguments and exits with a status.
local function write_runner(t, status)
  local text = '#!/bin/sh\necho "$PWD" "$@" >> %s/calls\necho the tests say hello\nexit %d\n'
  t.program('test-runner.sh', text:format(t.home, status))
end

--- Returns the recorded calls of `test-runner.sh`.
local function calls(t)
  local file = t.home .. '/calls'
  return vim.fn.filereadable(file) == 1 and vim.fn.readfile(file) or {}
end

--- Returns the text of the terminal.
local function terminal()
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    local bufnr = vim.api.nvim_win_get_buf(window)
    if vim.bo[bufnr].buftype == 'terminal' then
      return table.concat(vim.api.nvim_buf_get_lines(bufnr, 0, -1, false), '\n')
    end
  end
end

--- Returns the number of terminals.
local function terminal_count()
  return #vim.tbl_filter(function(bufnr)
    return vim.bo[bufnr].buftype == 'terminal'
  end, vim.api.nvim_list_bufs())
end

return {
  {
    'test: runs in the root once the user confirms, and passes',
    function(t)
      write_runner(t, 0)
      t.open(FEDORA)
      local prompts = t.reply({ confirm = 1 })
      vim.cmd('ImageScripts test')
      t.message('image-scripts/test@fedora-45: passed')
      t.has(prompts[1].prompt, 'Run image-scripts/test@fedora-45?')
      t.eq(calls(t), { t.root .. ' test image-scripts/test@fedora-45' })
      t.has(terminal(), 'the tests say hello')
      t.eq(vim.api.nvim_buf_get_name(0), t.path(FEDORA), 'the cursor stays where it was')
    end,
  },
  {
    'test: fails',
    function(t)
      write_runner(t, 3)
      t.open(FEDORA)
      t.reply({ confirm = 1 })
      vim.cmd('ImageScripts test alpine-3.24')
      local message = t.message('image-scripts/test@alpine-3.24: failed (exit status 3)')
      t.eq(message.level, vim.log.levels.ERROR)
      vim.cmd('ImageScripts test alpine-3.23')
      t.message('image-scripts/test@alpine-3.23: failed (exit status 3)')
      t.eq(#vim.api.nvim_list_wins(), 2, 'the window of the previous test is reused')
      t.eq(terminal_count(), 1)
      t.has(terminal(), 'the tests say hello')
    end,
  },
  {
    'test: the window of the previous test is not reused once it shows something else',
    function(t)
      write_runner(t, 0)
      vim.o.hidden = false
      t.open(FEDORA)
      t.reply({ confirm = 1 })
      vim.cmd('ImageScripts test')
      t.message('image-scripts/test@fedora-45: passed')
      vim.cmd.wincmd('j')
      vim.cmd.edit(t.home .. '/letter.txt')
      vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'precious' })
      vim.cmd('ImageScripts test alpine-3.24')
      t.message('image-scripts/test@alpine-3.24: passed')
      t.eq(vim.api.nvim_buf_get_name(0), t.home .. '/letter.txt')
      t.eq(#vim.api.nvim_list_wins(), 3)
      t.eq(terminal_count(), 1)
    end,
  },
  {
    'test: two terminals at once',
    function(t)
      t.program('test-runner.sh', '#!/bin/sh\nwhile [ ! -e "$HOME/go" ] ; do sleep 0.05 ; done\n')
      t.open(FEDORA)
      t.reply({ confirm = 1 })
      vim.cmd('ImageScripts tests alpine-3.23')
      t.becomes(1, 'terminals', terminal_count)
      vim.cmd('ImageScripts tests alpine-3.24')
      t.becomes(2, 'terminals', terminal_count)
      vim.fn.writefile({}, t.home .. '/go')
      t.message('alpine-3.23: passed')
      t.message('alpine-3.24: passed')
      vim.cmd('only')
      t.eq(terminal_count(), 2)
      vim.cmd('ImageScripts tests alpine-3.22')
      t.message('alpine-3.22: passed')
      t.eq(terminal_count(), 1)
    end,
  },
  {
    'test: nothing runs unless the user confirms',
    function(t)
      write_runner(t, 0)
      t.open(FEDORA)
      local prompts = t.reply({ confirm = 2 })
      vim.cmd('ImageScripts test')
      t.wait('the prompt', function()
        return prompts[1]
      end)
      t.sync()
      t.eq(terminal(), nil)
      t.eq(calls(t), {})
    end,
  },
  {
    'test: a checkout without test-runner.sh',
    function(t)
      t.open(FEDORA)
      vim.cmd('ImageScripts test')
      t.has(t.message('test-runner.sh cannot be run').text, 'tests need a whole checkout')
    end,
  },
  {
    'list: the tests of an image, without a prompt',
    function(t)
      write_runner(t, 0)
      t.open(FEDORA)
      vim.cmd('ImageScripts tests fedora-44')
      t.message('passed')
      t.eq(calls(t), { t.root .. ' ls image-scripts/test@fedora-44' })
    end,
  },
  {
    'lenses: shown when enabled, and kept up to date',
    function(t)
      vim.g.image_scripts = { codelens = true }
      t.open(FEDORA)
      local function shown()
        return table.concat(t.virtual_texts(FEDORA, 'nvim.lsp.codelens'), '\n')
      end
      t.wait('the lenses', function()
        return shown():find('run image-scripts/test@fedora-45', 1, true)
          and shown():find('tested by no row', 1, true)
      end, shown)
      -- From here on, FEDORA is neither entered nor changed: only the server can cause the update.
      t.edit('tests/distributions.nix')
      t.go_to('fedora_44 = {')
      vim.fn.append(vim.fn.line('.') - 1, {
        '    fedora_45 = {',
        '      distribution = "fedora";',
        '      version = "45";',
        '    };',
        '',
      })
      t.wait('the lens to name the new row', function()
        return shown():find('tested by fedora_45', 1, true)
      end, shown)
    end,
  },
  {
    'lenses: one runs the test, one shows locations, one runs `bash -n`',
    function(t)
      write_runner(t, 0)
      vim.g.image_scripts = { codelens = true }
      t.open(FEDORA)
      local function choose(part)
        t.wait('the lens with: ' .. part, function()
          return vim.iter(vim.lsp.codelens.get(0)):any(function(lens)
            return lens.command and lens.command.title:find(part, 1, true)
          end)
        end)
        vim.ui.select = function(options, _, callback)
          callback(vim.iter(options):find(function(option)
            return option.lens.command.title:find(part, 1, true)
          end))
        end
        vim.fn.cursor(1, 1)
        vim.lsp.codelens.run()
      end
      local prompts = t.reply({ confirm = 1 })
      choose('run image-scripts/test@fedora-45')
      t.message('image-scripts/test@fedora-45: passed')
      t.eq(#prompts, 1)
      choose('bash -n')
      t.message('bash -n: passed')
      choose('published')
      t.wait('the entry in the repository', function()
        return vim.api.nvim_buf_get_name(0) == t.path('os/configs/image-repository.nix')
      end)
      t.has(vim.api.nvim_get_current_line(), '"45"')
    end,
  },
  {
    'lenses: the calls of a helper are shown in the quickfix list',
    function(t)
      vim.g.image_scripts = { codelens = true }
      t.open('image-scripts/include/redhat-family.sh')
      t.go_to('function configure-fedora')
      local line = vim.fn.line('.')
      t.wait('the lens', function()
        return vim.iter(vim.lsp.codelens.get(0)):any(function(lens)
          return lens.command and lens.range.start.line == line - 1
        end)
      end)
      vim.lsp.codelens.run()
      t.becomes(4, 'calls of the helper', function()
        return #t.quickfix()
      end)
    end,
  },
  {
    'hints: shown when enabled',
    function(t)
      vim.g.image_scripts = { inlay_hints = true }
      t.open('image-scripts/images/fedora-45/config.sh')
      local hints = t.wait('hints', function()
        local found = vim.lsp.inlay_hint.get({ bufnr = 0 })
        return #found > 0 and found
      end)
      t.has(hints[1].inlay_hint.label, 'fedora')
    end,
  },
  {
    'hints and lenses: off by default',
    function(t)
      t.open('image-scripts/images/fedora-45/config.sh')
      t.sync()
      t.eq(vim.lsp.codelens.get(0), {})
      t.ok(not vim.lsp.inlay_hint.is_enabled({ bufnr = 0 }), 'hints are off')
    end,
  },
}
