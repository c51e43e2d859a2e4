-- When the server starts and for which files, its end and restart, options, health, help.

local FEDORA = 'image-scripts/images/fedora-45/build.sh'
local PLUGIN = 'site/pack/image-scripts/start/image-scripts'

local function clients()
  return vim.lsp.get_clients({ name = 'image_scripts_ls' })
end

--- Replaces the program that is started as the server.
local function set_program(...)
  vim.lsp.config('image_scripts_ls', { cmd = { ... } })
end

--- Returns the number of servers, including those that Neovim has given up.
local function process_count()
  return #vim.api.nvim_get_proc_children(vim.fn.getpid())
end

--- Opens a file, and waits until Neovim has run what it schedules for that.
local function edit(t, path)
  vim.cmd.edit(vim.fn.fnameescape(path))
  local done = false
  vim.schedule(function()
    vim.schedule(function()
      done = true
    end)
  end)
  t.wait('Neovim to open the file', function()
    return done
  end)
end

return {
  {
    'at startup, no module is loaded',
    function(t)
      t.eq(vim.fn.exists(':ImageScripts'), 2)
      local loaded = vim.tbl_filter(function(name)
        return vim.startswith(name, 'image_scripts')
      end, vim.tbl_keys(package.loaded))
      t.eq(loaded, {})
      edit(t, t.home .. '/letter.txt')
      for name in pairs(package.loaded) do
        t.ok(not vim.startswith(name, 'image_scripts'), name)
      end
    end,
  },
  {
    'the server starts for the files of a checkout that it reads, and for no others',
    function(t)
      local started = 0
      local start = vim.lsp.start
      vim.lsp.start = function(...)
        started = started + 1
        return start(...)
      end
      vim.fn.mkdir(t.home .. '/elsewhere/images/x', 'p')
      for _, path in ipairs({
        t.home .. '/elsewhere/images/x/build.sh',
        t.home .. '/elsewhere/flake.nix',
        t.path('flake.nix'),
        t.path('os/configs/deep/other.nix'),
        t.path('image-scripts/bin/runner.sh'),
      }) do
        edit(t, path)
        t.ok(vim.bo.filetype ~= '', path)
        t.eq(started, 0, path)
      end
      for _, path in ipairs({
        FEDORA,
        'image-scripts/images/fedora-45/config.sh',
        'image-scripts/images/new-1/build.sh',
        'image-scripts/builders/fedora/setup.sh',
        'image-scripts/include/common.sh',
        'os/configs/image-repository.nix',
        'os/configs/other.nix',
        'tests/distributions.nix',
        'tests/all-tests.nix',
        'tests/suite/docker/debian-latest.nix',
        '.image-scripts.toml',
      }) do
        t.open(path)
        t.eq(#clients(), 1, path)
      end
      t.eq(clients()[1].root_dir, t.root)
    end,
  },
  {
    'each checkout has one server, under whatever path it is opened',
    function(t)
      vim.system({ 'cp', '-a', t.root, t.home .. '/other' }):wait()
      vim.uv.fs_symlink(t.root, t.home .. '/link')
      t.open(FEDORA)
      edit(t, t.home .. '/link/image-scripts/images/fedora-44/build.sh')
      t.wait('the server', t.client)
      t.eq(#clients(), 1)
      edit(t, t.home .. '/other/image-scripts/images/fedora-44/build.sh')
      t.wait('the other server', t.client)
      t.eq(#clients(), 2)
      t.eq(t.client().root_dir, t.home .. '/other')
    end,
  },
  {
    'a checkout from before 2023, with the scripts only',
    function(t)
      vim.system({ 'cp', '-a', t.project .. '/fixtures/pre-2023', t.home .. '/old' }):wait()
      local image = vim.fn.glob(t.home .. '/old/images/*/build.sh', true, true)[1]
      edit(t, image)
      t.wait('the server', t.client)
      t.eq(t.client().root_dir, t.home .. '/old')
    end,
  },
  {
    'a checkout is what the server takes for one',
    function(t)
      local find = require('image_scripts.checkout').find
      -- Paths to create, and the root expected for the last one; none if it is nil.
      local cases = {
        { { 'images/', 'os/configs/image-repository.nix' }, nil },
        { { 'image-scripts/images/' }, nil },
        { { 'image-scripts/images/', 'image-scripts/include/' }, '' },
        { { 'os/configs/image-repository.nix', 'image-scripts/images/' }, '' },
        { { 'images/', 'builders/' }, nil },
        { { 'images/', 'builders/', 'include/' }, nil },
        { { 'include/common.sh', 'builders/', 'images/' }, '' },
        { { 'x/image-scripts/images/', 'x/image-scripts/include/common.sh' }, 'x' },
        {
          {
            'image-scripts/images/',
            'image-scripts/include/',
            'x/image-scripts/include/',
            'x/image-scripts/images/',
          },
          '',
        },
        -- The scripts of a whole checkout look like a checkout themselves.
        {
          {
            'image-scripts/include/common.sh',
            'image-scripts/builders/',
            'image-scripts/images/',
          },
          '',
        },
      }
      for number, case in ipairs(cases) do
        local paths, expected = case[1], case[2]
        local directory = vim.fs.joinpath(t.home, 'case-' .. number)
        for _, path in ipairs(paths) do
          local full = vim.fs.joinpath(directory, path)
          vim.fn.mkdir(vim.fs.dirname(full), 'p')
          if not vim.endswith(path, '/') then
            vim.fn.writefile({}, full)
          end
        end
        local found = find(vim.fs.joinpath(directory, paths[#paths]))
        local root = expected and vim.fs.normalize(vim.fs.joinpath(directory, expected))
        t.eq(found, root, paths)
      end
    end,
  },
  {
    'the command starts the server in a checkout without open files',
    function(t)
      t.eq(#clients(), 0)
      vim.cmd('ImageScripts status')
      t.wait('the table', function()
        return vim.api.nvim_buf_get_name(0) == 'image-scripts://status'
      end)
      t.open(FEDORA)
      t.eq(#clients(), 1)
    end,
  },
  {
    'the command outside a checkout',
    function(t)
      vim.cmd.cd(t.home)
      vim.cmd('ImageScripts status')
      t.message('no vpsAdminOS checkout found here: open a file of one')
      t.eq(vim.fn.getcompletion('ImageScripts retire a', 'cmdline'), {})
    end,
  },
  {
    'the command is completed',
    function(t)
      t.open(FEDORA)
      -- Completion does not wait for a slow server, so it may take several attempts.
      local function completes(line, words)
        t.becomes(words, 'the completion of ' .. line, function()
          return vim.fn.getcompletion(line, 'cmdline')
        end)
      end
      completes('ImageScripts re', { 'rename', 'render', 'restart', 'retire' })
      completes('vertical ImageScripts st', { 'status' })
      completes('ImageScripts describe H', { 'HEAD', 'HEAD~1' })
      completes('ImageScripts new f', { 'fedora-46', 'force=' })
      completes('ImageScripts new fedora-46 li', { 'like=' })
      completes('ImageScripts new fedora-46 like=ubuntu-2', {
        'like=ubuntu-22.04',
        'like=ubuntu-24.04',
        'like=ubuntu-25.10',
        'like=ubuntu-26.04',
        'like=ubuntu-26.10',
      })
      completes('ImageScripts new fedora-46 builder=f', { 'builder=fedora' })
      completes('ImageScripts new-builder x like=f', { 'like=fedora' })
      completes('ImageScripts new-builder x from=fedora:43', { 'from=fedora:43' })
      completes('ImageScripts new fedora-46 cgroup=v', { 'cgroup=v1', 'cgroup=v2' })
      completes('ImageScripts retire alpine-3.2', {
        'alpine-3.21',
        'alpine-3.22',
        'alpine-3.23',
        'alpine-3.24',
      })
      completes('ImageScripts rename debian-13 debian-1', {})
      completes('ImageScripts bump fedora-45 ', { 'pointver=', 'build=', 'force=' })
      completes('ImageScripts new fedora-46 force=', { 'force=yes' })
      completes('ImageScripts bogus ', {})
    end,
  },
  {
    'a killed server is reported, and can be restarted',
    function(t)
      t.open(FEDORA)
      t.sync()
      t.edit('tests/distributions.nix')
      t.wait('the server', t.client)
      local before = t.client().id
      local processes = vim.api.nvim_get_proc_children(vim.fn.getpid())
      t.eq(#processes, 1, 'one server runs')
      vim.uv.kill(processes[1], 'sigkill')
      local message = t.message('the server stopped (signal 9)')
      t.has(message.text, 'restart it with `:ImageScripts restart`')
      t.becomes(0, 'running clients', function()
        return #clients()
      end)
      vim.cmd('ImageScripts restart')
      t.message('the server is running again, for 2 open files')
      t.wait('the server', t.client)
      t.ok(t.client().id ~= before, 'it is a new client')
      t.finds('image-scripts/images/fedora-45/config.sh', { 'missing-test-entry' })
    end,
  },
  {
    'a running server is restarted',
    function(t)
      t.open(FEDORA)
      local before = t.client().id
      vim.cmd('ImageScripts restart')
      t.message('the server is running again, for 1 open file')
      t.wait('the server', t.client)
      t.ok(t.client().id ~= before, 'it is a new client')
      t.eq(#clients(), 1)
      t.eq(#t.messages, 1, 'there is no message that the first one stopped')
    end,
  },
  {
    'a server that never responds is restarted, and one that exits is not reported as running',
    function(t)
      set_program('sleep', '1000')
      t.edit(FEDORA)
      t.becomes(1, 'servers', process_count)
      set_program('true')
      vim.cmd('ImageScripts restart')
      t.message('the server did not start')
      t.eq(#t.messages, 1, 'there is no message that it is running')
      t.becomes(0, 'servers', process_count)
      set_program('image-scripts-ls')
      vim.cmd('ImageScripts restart')
      t.message('the server is running again, for 1 open file')
      t.ok(t.client() and t.client().initialized, 'it has responded')
      t.becomes(1, 'servers', process_count)
    end,
  },
  {
    'a server that does not stop when asked to is restarted',
    function(t)
      local response = '{"jsonrpc":"2.0","id":1,"result":{"capabilities":{}}}'
      local script = "printf 'Content-Length: %d\\r\\n\\r\\n%s'; exec sleep 1000"
      set_program('sh', '-c', script:format(#response, response))
      t.open(FEDORA)
      -- Polls without delay, so that the time limit is reached soon.
      local defer = vim.defer_fn
      vim.defer_fn = function(act)
        return defer(act, 1)
      end
      set_program('image-scripts-ls')
      vim.cmd('ImageScripts restart')
      t.message('the server is running again, for 1 open file')
      t.becomes(1, 'servers', process_count)
      t.eq(#t.messages, 1, 'there is no message that the first one stopped')
      t.sync()
    end,
  },
  {
    'a missing server is reported once',
    function(t)
      vim.env.PATH = t.home .. '/nothing'
      edit(t, t.home .. '/letter.sh')
      t.eq(t.messages, {})
      edit(t, t.path(FEDORA))
      edit(t, t.path('tests/distributions.nix'))
      t.has(t.message('`image-scripts-ls` cannot be run').text, ':help image_scripts-server')
      t.eq(#t.messages, 1)
      vim.cmd('ImageScripts restart')
      t.eq(#t.messages, 2)
    end,
  },
  {
    'options: set by `setup` and by `vim.lsp.config`',
    function(t)
      local server = vim.fn.exepath('image-scripts-ls')
      require('image_scripts').setup({ cmd = { server, 'lsp' }, settings = { bash = false } })
      vim.lsp.config(
        'image_scripts_ls',
        { settings = { imageScripts = { hints = { rows = false } } } }
      )
      t.open(FEDORA)
      t.eq(t.client().config.cmd, { server, 'lsp' })
      t.eq(t.client().settings, { imageScripts = { bash = false, hints = { rows = false } } })
      require('image_scripts').setup({ lenses = true })
      t.message('there is no option `lenses`')
    end,
  },
  {
    'options: invalid ones are reported and ignored',
    function(t)
      vim.g.image_scripts = { cmd = 'image-scripts-ls', codelens = 1 }
      t.open(FEDORA)
      t.eq(#t.messages, 2)
      t.has(t.messages[1].text, 'option `cmd` is not a table')
      t.has(t.messages[2].text, 'option `codelens` is not a boolean')
    end,
  },
  {
    'a Neovim that is too old is reported once',
    function(t)
      local has = vim.fn.has
      vim.fn.has = function(feature)
        return feature == 'nvim-0.11' and 0 or has(feature)
      end
      vim.lsp.config, vim.lsp.is_enabled = nil, nil
      require('image_scripts').setup({ codelens = true })
      vim.g.loaded_image_scripts = nil
      vim.cmd.runtime('plugin/image_scripts.lua')
      t.eq(#t.messages, 1)
      t.has(t.messages[1].text, 'this Neovim is too old: version 0.11 or newer is required')
      vim.cmd('checkhealth image_scripts')
      local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
      t.has(text, 'ERROR This Neovim is too old: version 0.11 or newer is required')
      t.ok(not text:find('Failed to run'), text)
    end,
  },
  {
    'health: a Neovim without `vim.lsp.is_enabled`',
    function(t)
      vim.lsp.is_enabled = nil
      vim.cmd('checkhealth image_scripts')
      local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
      t.ok(not text:find('ERROR') and not text:find('WARNING'), text)
    end,
  },
  {
    'log: shows what the server logged',
    function(t)
      t.open(FEDORA)
      local function text()
        vim.cmd('ImageScripts log')
        return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
      end
      t.wait('the message about the checkout', function()
        return text():find('49 images', 1, true)
      end, text)
      t.has(text(), vim.lsp.get_log_path())
    end,
  },
  {
    'health: everything is fine',
    function(t)
      t.program('test-runner.sh', '#!/bin/sh\n')
      t.open(FEDORA)
      vim.cmd('checkhealth image_scripts')
      local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
      t.ok(not text:find('ERROR') and not text:find('WARNING'), text)
      t.has(text, 'image-scripts-ls 0.')
      t.has(text, 'GNU bash')
      t.has(text, t.root)
      t.has(text, 'for 1 open file')
    end,
  },
  {
    'health: a missing server',
    function(t)
      vim.g.image_scripts = { cmd = { 'no-such-server' } }
      vim.cmd('checkhealth image_scripts')
      local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
      t.has(text, 'ERROR `no-such-server` cannot be run')
      t.has(text, 'The server is not running')
    end,
  },
  {
    'help: it is found by those who follow the README',
    function(t)
      local readme = table.concat(vim.fn.readfile(t.project .. '/README.md'), '\n')
      local command = readme:match("\nnvim [^\n]*%-c '(helptags[^']*)'[^\n]*\n")
      t.ok(command, 'the README says how to make the tags')
      vim.cmd('silent! ' .. command)
      vim.cmd.help(':ImageScripts-new')
      t.has(vim.api.nvim_buf_get_name(0), 'image_scripts.txt')
    end,
  },
  {
    'help: its links have targets, and every subcommand is documented',
    function(t)
      local folder = vim.fs.joinpath(vim.fn.stdpath('data'), PLUGIN, 'doc')
      vim.cmd.helptags(folder)
      local known = {}
      for _, file in ipairs({ folder .. '/tags', vim.env.VIMRUNTIME .. '/doc/tags' }) do
        for _, line in ipairs(vim.fn.readfile(file)) do
          known[line:match('^[^\t]+')] = true
        end
      end
      vim.cmd.help('image_scripts')
      local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
      for tag in text:gmatch('|(%S+)|') do
        t.ok(known[tag], 'there is no tag ' .. tag)
      end
      for _, name in ipairs(vim.fn.getcompletion('ImageScripts ', 'cmdline')) do
        t.ok(known[':ImageScripts-' .. name], 'no help for ' .. name)
      end
      for line in text:gmatch('[^\n]+') do
        t.ok(vim.fn.strdisplaywidth(line) < 79, 'longer than a line of help: ' .. line)
      end
    end,
  },
}
