-- Findings in the editor, hover, the code actions that fix findings, and rename.

local UBUNTU = 'image-scripts/images/ubuntu-26.10/config.sh'
local FEDORA = 'image-scripts/images/fedora-45/config.sh'
local REPOSITORY = 'os/configs/image-repository.nix'
local TABLE = 'tests/distributions.nix'

--- Waits until the quickfix list has items, and returns their paths.
local function listed_paths(t)
  t.wait('the quickfix list', function()
    return #t.quickfix() > 0
  end)
  return vim.tbl_map(function(item)
    return item.path
  end, t.quickfix())
end

return {
  {
    'findings of the open file and of closed ones',
    function(t)
      t.open(UBUNTU)
      t.finds(UBUNTU, { 'missing-repository-entry', 'unknown-builder' })
      t.finds('image-scripts/images/ubuntu-26.10/build.sh', {
        'heredoc-expansion',
        'heredoc-expansion',
        'release-mismatch',
        'unknown-helper',
      })
      t.wait('the findings of the repository', function()
        return vim.list_contains(t.findings(REPOSITORY), 'competing-tag')
      end)
      t.ok(not vim.api.nvim_buf_is_loaded(t.buffer(REPOSITORY)), 'the repository is not open')
    end,
  },
  {
    'findings are updated while typing',
    function(t)
      t.open(UBUNTU)
      t.finds(UBUNTU, { 'missing-repository-entry', 'unknown-builder' })
      vim.api.nvim_buf_set_lines(0, 0, 1, false, { 'BUILDER=ubuntu' })
      t.finds(UBUNTU, { 'missing-repository-entry' })
    end,
  },
  {
    'all findings are put in the quickfix list',
    function(t)
      t.open(UBUNTU)
      t.finds(UBUNTU, { 'missing-repository-entry', 'unknown-builder' })
      t.wait('the findings of the repository', function()
        return #t.findings(REPOSITORY) > 0
      end)
      vim.cmd('ImageScripts findings')
      local paths = listed_paths(t)
      t.ok(vim.list_contains(paths, UBUNTU), paths)
      t.ok(vim.list_contains(paths, REPOSITORY), paths)
    end,
  },
  {
    'all findings have their codes, and are in order of path',
    function(t)
      t.open(UBUNTU)
      t.finds(UBUNTU, { 'missing-repository-entry', 'unknown-builder' })
      t.sync()
      vim.cmd('ImageScripts findings')
      local paths = listed_paths(t)
      local sorted = vim.fn.sort(vim.list_slice(paths))
      t.eq(paths, sorted)
      local before = ''
      for _, item in ipairs(t.quickfix()) do
        t.ok(item.text:match(' %[[%l-]+%]$'), item.text)
        t.ok(item.type ~= '', 'it has a severity')
        local position = ('%s:%06d'):format(item.path, item.line)
        t.ok(before <= position, position)
        before = position
      end
    end,
  },
  {
    'all findings, when the command itself starts the server',
    function(t)
      -- Polls without delay, so that the server is asked before it has read the checkout.
      local defer = vim.defer_fn
      vim.defer_fn = function(act)
        return defer(act, 1)
      end
      vim.cmd('ImageScripts findings')
      local paths = listed_paths(t)
      t.ok(vim.list_contains(paths, UBUNTU), paths)
      t.ok(vim.list_contains(paths, REPOSITORY), paths)
    end,
  },
  {
    'no findings: a message says so',
    function(t)
      vim.fn.mkdir(t.home .. '/empty/image-scripts/images', 'p')
      vim.fn.mkdir(t.home .. '/empty/image-scripts/include', 'p')
      vim.cmd.cd(t.home .. '/empty')
      vim.cmd('ImageScripts findings')
      t.message('there are no findings')
      t.eq(#vim.api.nvim_list_wins(), 1)
    end,
  },
  {
    'hover on a helper',
    function(t)
      t.open('image-scripts/images/fedora-45/build.sh')
      t.go_to('configure-fedora')
      vim.lsp.buf.hover()
      local window = t.wait('the hover', function()
        return vim.iter(vim.api.nvim_list_wins()):find(function(id)
          return vim.api.nvim_win_get_config(id).relative ~= ''
        end)
      end)
      local lines = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false)
      local text = table.concat(lines, '\n')
      t.has(text, 'configure-fedora')
      t.has(text, 'redhat-family.sh')
    end,
  },
  {
    'an action registers an image in the repository, and undo reverts it',
    function(t)
      t.open(UBUNTU)
      t.finds(UBUNTU, { 'missing-repository-entry', 'unknown-builder' })
      local before = t.text(REPOSITORY)
      t.go_to('BUILDER')
      t.act('with the tags of')
      t.wait('the entry', function()
        return t.text(REPOSITORY):find('"26.10"', 1, true)
      end)
      t.wait('the finding to disappear', function()
        return not vim.list_contains(t.findings(UBUNTU), 'missing-repository-entry')
      end)
      t.eq(t.read(REPOSITORY), before, 'nothing is written unless the user does it')
      t.undo(REPOSITORY)
      t.eq(t.text(REPOSITORY), before)
      t.finds(UBUNTU, { 'missing-repository-entry', 'unknown-builder' })
    end,
  },
  {
    'actions: those of the findings of the line come first, wherever the cursor is in it',
    function(t)
      t.open(UBUNTU)
      t.finds(UBUNTU, { 'missing-repository-entry', 'unknown-builder' })
      local function titles_at(column)
        vim.fn.cursor(1, column)
        local shown
        vim.ui.select = function(items)
          shown = vim.tbl_map(function(item)
            return item.action.title
          end, items)
        end
        vim.lsp.buf.code_action()
        return t.wait('the actions', function()
          return shown
        end)
      end
      local first = titles_at(1)
      local last = titles_at(#vim.fn.getline(1))
      local both = vim.deepcopy(first)
      table.sort(both)
      table.sort(last)
      t.eq(last, both, 'they are the same everywhere in the line')
      t.has(table.concat(first, '\n'), 'Change to `ubuntu`')
      t.has(table.concat(first, '\n'), 'New image like')
      t.ok(not first[1]:find('New image', 1, true), first)
    end,
  },
  {
    'an action explains the rule of a finding',
    function(t)
      t.open(UBUNTU)
      t.finds(UBUNTU, { 'missing-repository-entry', 'unknown-builder' })
      t.go_to('BUILDER')
      t.act('Explain `unknown-builder`')
      local text = t.wait('the documentation', function()
        local name = vim.api.nvim_buf_get_name(0)
        local lines = vim.api.nvim_buf_get_lines(0, 0, -1, false)
        return name == 'image-scripts://rule/unknown-builder' and table.concat(lines, '\n')
      end)
      t.has(text, '# unknown-builder (error)')
      t.has(text, '## How to fix it')
      t.eq(vim.bo.filetype, 'markdown')
    end,
  },
  {
    'an action adds the row of an image, and undo reverts it',
    function(t)
      t.open(FEDORA)
      t.finds(FEDORA, { 'missing-test-entry' })
      local before = t.text(TABLE)
      t.go_to('BUILDER')
      t.act('row')
      t.wait('the row', function()
        return t.text(TABLE):find('fedora_45', 1, true)
      end)
      t.wait('the finding to disappear', function()
        return not vim.list_contains(t.findings(FEDORA), 'missing-test-entry')
      end)
      t.undo(TABLE)
      t.eq(t.text(TABLE), before)
      t.finds(FEDORA, { 'missing-test-entry' })
    end,
  },
  {
    'a helper is renamed in all files',
    function(t)
      local include = 'image-scripts/include/redhat-family.sh'
      local images = { 'fedora-43', 'fedora-44', 'fedora-45', 'fedora-rawhide' }
      t.open(include)
      t.go_to('configure-fedora')
      vim.lsp.buf.rename('configure-fedora-linux')
      t.wait('the helper under its new name', function()
        return t.text(include):find('function configure-fedora-linux', 1, true)
      end)
      for _, image in ipairs(images) do
        t.wait('the call in ' .. image, function()
          local text = t.text(('image-scripts/images/%s/build.sh'):format(image))
          return text:find('configure-fedora-linux', 1, true)
        end)
      end
      vim.cmd('silent wall')
      t.wait('no call to be undefined', function()
        return not vim.iter(vim.diagnostic.get()):any(function(diagnostic)
          return diagnostic.message:find('configure-fedora', 1, true)
        end)
      end)
    end,
  },
  {
    'files are created and deleted outside the editor',
    function(t)
      local config = 'image-scripts/images/debian-14/config.sh'
      t.open(UBUNTU)
      t.finds(UBUNTU, { 'missing-repository-entry', 'unknown-builder' })
      t.sync()
      t.write('image-scripts/images/debian-14/build.sh', '. "$IMAGEDIR/config.sh"\n')
      t.write(config, 'BUILDER=debain\n')
      t.finds(config, { 'missing-repository-entry', 'unknown-builder' })
      t.write(config, 'BUILDER=debian\n')
      t.finds(config, { 'missing-repository-entry' })
      vim.fs.rm(t.path('image-scripts/images/debian-14'), { recursive = true })
      t.finds(config, {})
    end,
  },
}
