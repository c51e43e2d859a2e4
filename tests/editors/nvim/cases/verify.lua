-- Values that only upstream can confirm: there until somebody says that they are right, also after
-- a restart of Neovim.

local BUILD = 'image-scripts/images/fedora-45/build.sh'
local SETTINGS = '.image-scripts.toml'

--- Returns the lines of the values in the scripts that are open, from 1.
local function open_lines(t)
  local bufnr = t.buffer(BUILD)
  local found = {}
  for _, diagnostic in ipairs(bufnr and vim.diagnostic.get(bufnr) or {}) do
    if diagnostic.code == 'verify' then
      table.insert(found, diagnostic.lnum + 1)
    end
  end
  table.sort(found)
  return found
end

--- Waits until the values in these lines are open.
local function are_open(t, lines)
  t.becomes(lines, 'the lines of open values', function()
    return open_lines(t)
  end)
end

--- Says in the editor that the value with a text is right, and writes that.
local function confirm(t, text)
  t.open(BUILD)
  t.go_to(text)
  t.act('This is right')
  t.wait('the record', function()
    local bufnr = t.buffer(SETTINGS)
    return bufnr and vim.bo[bufnr].modified
  end)
  vim.cmd('silent wall')
end

--- Returns what the command line says is open, and its exit status.
local function listed()
  local done = vim.system({ 'image-scripts-ls', 'verify', '--list' }, { text = true }):wait()
  return done.stdout, done.code
end

--- Waits until the list has a number of items, and returns them. Opens the list if necessary.
local function listed_items(t, count)
  if vim.fn.getqflist({ title = 0 }).title ~= 'image-scripts: to verify' then
    vim.cmd('ImageScripts verify')
  end
  return t.wait(('a list of %d'):format(count), function()
    local is_listed = vim.fn.getqflist({ title = 0 }).title == 'image-scripts: to verify'
    return is_listed and #t.quickfix() == count and t.quickfix()
  end, t.quickfix)
end

--- Chooses an action for the item of the list whose text begins with a word.
local function press_in_list(t, word, action)
  local window = vim.fn.getqflist({ winid = 0 }).winid
  t.ok(window > 0, 'the list is shown')
  vim.api.nvim_set_current_win(window)
  t.go_to(word)
  vim.ui.select = function(items, _, callback)
    callback(vim.iter(items):find(function(item)
      return vim.startswith(item.title, action)
    end))
  end
  vim.api.nvim_feedkeys('gra', 'xt', false)
end

return {
  {
    'verify: a new release, until nothing is left to verify',
    {
      function(t)
        t.git_init()
        t.open('image-scripts/images/fedora-44/build.sh')
        vim.cmd('ImageScripts new fedora-45')
        t.message('created fedora-45')
        vim.cmd('silent wall')
        are_open(t, { 3, 4, 5, 6, 8 })
        confirm(t, 'https://')
        are_open(t, { 4, 5, 6, 8 })
        local records = vim.split(t.read(SETTINGS), '\n')
        t.eq(records[1], '[verified."fedora-45"]')
        t.eq(records[3], '', 'the file ends with the record')
        t.eq(#records, 3, 'the file ends with the record')
      end,
      function(t)
        t.open(BUILD)
        are_open(t, { 4, 5, 6, 8 })
        confirm(t, '15.noarch')
        are_open(t, { 8 })
        confirm(t, 'fedora-repos')
        are_open(t, {})
        t.has(listed(), 'Nothing to verify')
        -- Without its record, a value is open again, in the next Neovim.
        t.edit(SETTINGS)
        t.go_to('BASEURL')
        vim.cmd('delete | silent write')
      end,
      function(t)
        t.open(BUILD)
        are_open(t, { 3 })
        local _, status = listed()
        t.eq(status, 1)
        -- A person writes the record by hand.
        t.edit(SETTINGS)
        t.go_to('[verified')
        local address = 'https://mirror.example.org/fedora/releases/45/Everything/x86_64/os'
        vim.api.nvim_put({ ("BASEURL = '%s'"):format(address) }, 'l', true, false)
        vim.cmd('silent write')
        are_open(t, {})
        _, status = listed()
        t.eq(status, 0)
      end,
    },
    'clean-2026',
  },
  {
    'verify: a list with one item per value, with what to look at',
    function(t)
      t.git_init()
      t.open('image-scripts/images/fedora-44/build.sh')
      vim.cmd('ImageScripts verify')
      t.message('there is nothing to verify')
      vim.cmd('ImageScripts new fedora-45')
      t.message('created fedora-45')
      are_open(t, { 3, 4, 5, 6, 8 })
      local items = listed_items(t, 3)
      t.eq({ items[1].line, items[1].type }, { 3, 'I' })
      t.has(items[1].text, 'fedora-45/BASEURL: ')
      t.has(items[1].text, 'https://mirror.example.org/fedora/releases/45/')
      t.eq(items[2].line, 4)
      local packages = 'fedora-release-common, fedora-release-identity-basic, fedora-release'
      t.has(items[2].text, ('fedora-45/RELEASE: %s: '):format(packages))
      t.has(items[2].text, '/fedora-release-common-45-15.noarch.rpm')
      t.has(items[3].text, 'fedora-45/EXTRAPKGS: ')
    end,
    'clean-2026',
  },
  {
    'verify: values are confirmed from the list, after a restart, too',
    {
      function(t)
        t.git_init()
        t.open('image-scripts/images/fedora-44/build.sh')
        vim.cmd('ImageScripts new fedora-45')
        t.message('created fedora-45')
        are_open(t, { 3, 4, 5, 6, 8 })
        vim.cmd('silent wall')
      end,
      function(t)
        -- The command starts the server itself.
        listed_items(t, 3)
        press_in_list(t, 'fedora-45/RELEASE', 'This is right')
        listed_items(t, 2)
        press_in_list(t, 'fedora-45/EXTRAPKGS', 'This is right')
        listed_items(t, 1)
        press_in_list(t, 'fedora-45/BASEURL', 'This is right')
        listed_items(t, 0)
        vim.cmd('silent wall')
        t.has(listed(), 'Nothing to verify')
      end,
    },
    'clean-2026',
  },
}
