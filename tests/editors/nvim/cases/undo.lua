-- Undo of a change: the checkout is as it was, and the change can be made again.

local REPOSITORY = 'os/configs/image-repository.nix'
local TABLE = 'tests/distributions.nix'
local BUILD = 'image-scripts/images/fedora-46/build.sh'
local CONFIG = 'image-scripts/images/fedora-46/config.sh'
local FILES = { BUILD, CONFIG, REPOSITORY, TABLE }

--- Returns the names of all images that the server knows.
local function images(t)
  local names = {}
  for _, image in ipairs(t.request('imageScripts/images').checkouts[1].images) do
    table.insert(names, image.image)
  end
  return names
end

--- Creates an image, and waits until the server knows it.
local function create(t)
  vim.cmd('ImageScripts new fedora-46')
  t.message('created fedora-46')
  t.wait('the new image to be shown', function()
    return vim.api.nvim_buf_get_name(0) == t.path(BUILD)
  end)
  vim.api.nvim_set_current_buf(t.buffer(REPOSITORY))
  t.wait('the server to know the image', function()
    return vim.list_contains(images(t), 'fedora-46')
  end)
end

--- Requires that everything is as it was before the image was created.
local function is_undone(t, before)
  vim.api.nvim_set_current_buf(t.buffer(REPOSITORY))
  t.becomes(before, 'the images', function()
    return images(t)
  end)
  t.eq(t.text(REPOSITORY), t.read(REPOSITORY))
  t.eq(t.text(TABLE), t.read(TABLE))
  for _, path in ipairs(FILES) do
    t.ok(not vim.bo[t.buffer(path)].modified, path .. ' is as it was')
  end
  t.wait('no finding about it', function()
    return vim.iter(vim.diagnostic.get()):all(function(diagnostic)
      return not diagnostic.message:find('fedora-46', 1, true)
    end)
  end)
  vim.cmd('silent wall')
  t.ok(not t.exists('image-scripts/images/fedora-46'), 'there is no directory')
  t.messages = {}
end

return {
  {
    'undo: of each file of a new image, which can be created again then',
    function(t)
      t.open(REPOSITORY)
      local before = images(t)
      for _ = 1, 2 do
        create(t)
        vim.iter(FILES):each(t.undo)
        is_undone(t, before)
      end
      create(t)
      vim.cmd('silent wall')
      t.has(t.read(BUILD), 'configure-fedora')
      t.eq(t.read(CONFIG), 'BUILDER=fedora\n')
    end,
  },
  {
    'undo: redo brings the image back',
    function(t)
      t.open(REPOSITORY)
      local before = images(t)
      create(t)
      vim.iter(FILES):each(t.undo)
      is_undone(t, before)
      for _, path in ipairs(FILES) do
        vim.api.nvim_buf_call(t.buffer(path), function()
          vim.cmd('silent redo')
        end)
      end
      t.wait('the server to know the image', function()
        return vim.list_contains(images(t), 'fedora-46')
      end)
    end,
  },
  {
    'undo: the command undoes all of a change',
    function(t)
      t.open(REPOSITORY)
      local before = images(t)
      vim.cmd('ImageScripts undo')
      t.message('no change is left to be undone')
      create(t)
      vim.cmd('ImageScripts undo')
      t.message('the change is undone')
      is_undone(t, before)
      create(t)
    end,
  },
  {
    'undo: the command undoes nothing that was changed or written since',
    function(t)
      t.open(REPOSITORY)
      create(t)
      vim.api.nvim_buf_set_lines(t.buffer(TABLE), 0, 0, false, { '# precious' })
      vim.cmd('ImageScripts undo')
      t.message('tests/distributions.nix was changed or written since')
      t.has(t.text(BUILD), 'configure-fedora')
      t.undo(TABLE)
      vim.cmd('silent wall')
      vim.cmd('ImageScripts undo')
      t.message('fedora-46/build.sh was written')
      t.has(t.text(BUILD), 'configure-fedora')
    end,
  },
  {
    'undo: what is on disk is not undone by the command',
    function(t)
      t.open(REPOSITORY)
      vim.cmd('ImageScripts! retire fedora-43')
      t.message('retired fedora-43')
      vim.cmd('ImageScripts undo')
      t.has(t.message('no change is left').text, '`:ImageScripts next`')
    end,
  },
}
