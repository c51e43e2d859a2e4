-- `:ImageScripts test`, and lenses that lead there. A program that the test writes stands in for
-- `test-runner.sh`: the real one takes hours.

local FEDORA = 'image-scripts/images/fedora-45/build.sh'

--- Writes what it was called with, and ends like this.
local function runner(t, status)
  local text = '#!/bin/sh\necho "$PWD" "$@" >> %s/calls\necho the tests say hello\nexit %d\n'
  t.program('test-runner.sh', text:format(t.home, status))
end

--- What was called.
local function calls(t)
  local file = t.home .. '/calls'
  return vim.fn.filereadable(file) == 1 and vim.fn.readfile(file) or {}
end

--- The text of the terminal.
local function terminal()
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    local bufnr = vim.api.nvim_win_get_buf(window)
    if vim.bo[bufnr].buftype == 'terminal' then
      return table.concat(vim.api.nvim_buf_get_lines(bufnr, 0, -1, false), '\n')
    end
  end
end

--- How many terminals there are.
local function terminals()
  return #vim.tbl_filter(function(bufnr)
    return vim.bo[bufnr].buftype == 'terminal'
  end, vim.api.nvim_list_bufs())
end

return {
  {
    'test: it is run in the root when the user said so, and passes',
    function(t)
      runner(t, 0)
      t.open(FEDORA)
      local asked = t.answer({ confirm = 1 })
      vim.cmd('ImageScripts test')
      t.message('image-scripts/test@fedora-45: passed')
      t.has(asked[1].question, 'Run image-scripts/test@fedora-45?')
      t.eq(calls(t), { t.root .. ' test image-scripts/test@fedora-45' })
      t.has(terminal(), 'the tests say hello')
      t.eq(vim.api.nvim_buf_get_name(0), t.path(FEDORA), 'the cursor stays where it was')
    end,
  },
  {
    'test: it fails',
    function(t)
      runner(t, 3)
      t.open(FEDORA)
      t.answer({ confirm = 1 })
      vim.cmd('ImageScripts test alpine-3.24')
      local message = t.message('image-scripts/test@alpine-3.24: failed (exit status 3)')
      t.eq(message.level, vim.log.levels.ERROR)
      vim.cmd('ImageScripts test alpine-3.23')
      t.message('image-scripts/test@alpine-3.23: failed (exit status 3)')
      t.eq(#vim.api.nvim_list_wins(), 2, 'the window of the run before is used again')
      t.eq(terminals(), 1)
      t.has(terminal(), 'the tests say hello')
    end,
  },
  {
    "test: the window of the run before is the user's, if something else is shown in it",
    function(t)
      runner(t, 0)
      vim.o.hidden = false
      t.open(FEDORA)
      t.answer({ confirm = 1 })
      vim.cmd('ImageScripts test')
      t.message('image-scripts/test@fedora-45: passed')
      vim.cmd.wincmd('j')
      vim.cmd.edit(t.home .. '/letter.txt')
      vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'precious' })
      vim.cmd('ImageScripts test alpine-3.24')
      t.message('image-scripts/test@alpine-3.24: passed')
      t.eq(vim.api.nvim_buf_get_name(0), t.home .. '/letter.txt')
      t.eq(#vim.api.nvim_list_wins(), 3)
      t.eq(terminals(), 1)
    end,
  },
  {
    'test: the terminals of two runs at once',
    function(t)
      t.program('test-runner.sh', '#!/bin/sh\nwhile [ ! -e "$HOME/go" ] ; do sleep 0.05 ; done\n')
      t.open(FEDORA)
      t.answer({ confirm = 1 })
      vim.cmd('ImageScripts list alpine-3.23')
      t.becomes(1, 'terminals', terminals)
      vim.cmd('ImageScripts list alpine-3.24')
      t.becomes(2, 'terminals', terminals)
      vim.fn.writefile({}, t.home .. '/go')
      t.message('alpine-3.23: passed')
      t.message('alpine-3.24: passed')
      vim.cmd('only')
      t.eq(terminals(), 2)
      vim.cmd('ImageScripts list alpine-3.22')
      t.message('alpine-3.22: passed')
      t.eq(terminals(), 1)
    end,
  },
  {
    'test: nothing is run without a yes',
    function(t)
      runner(t, 0)
      t.open(FEDORA)
      local asked = t.answer({ confirm = 2 })
      vim.cmd('ImageScripts test')
      t.wait('the question', function()
        return asked[1]
      end)
      t.settle()
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
    'list: the tests of an image, without a question',
    function(t)
      runner(t, 0)
      t.open(FEDORA)
      vim.cmd('ImageScripts list fedora-44')
      t.message('passed')
      t.eq(calls(t), { t.root .. ' ls image-scripts/test@fedora-44' })
    end,
  },
  {
    'lenses: shown where they are wanted, and kept up to date',
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
      -- From here on, FEDORA is not entered and not changed: it is the server that has it looked at.
      t.edit('tests/distributions.nix')
      t.go_to('fedora_44 = {')
      vim.fn.append(vim.fn.line('.') - 1, {
        '    fedora_45 = {',
        '      distribution = "fedora";',
        '      version = "45";',
        '    };',
        '',
      })
      t.wait('the lens to speak of the new row', function()
        return shown():find('tested by fedora_45', 1, true)
      end, shown)
    end,
  },
  {
    'lenses: one runs the test, one lists places, one has bash read the scripts',
    function(t)
      runner(t, 0)
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
      local asked = t.answer({ confirm = 1 })
      choose('run image-scripts/test@fedora-45')
      t.message('image-scripts/test@fedora-45: passed')
      t.eq(#asked, 1)
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
    'lenses: who uses a helper, in the quickfix list',
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
    'hints: shown where they are wanted',
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
    'hints and lenses: not shown unasked',
    function(t)
      t.open('image-scripts/images/fedora-45/config.sh')
      t.settle()
      t.eq(vim.lsp.codelens.get(0), {})
      t.ok(not vim.lsp.inlay_hint.is_enabled({ bufnr = 0 }), 'hints are off')
    end,
  },
}
