-- Images that come, go, change their name and get a new point release.

local REPOSITORY = 'os/configs/image-repository.nix'
local TABLE = 'tests/distributions.nix'
local IMAGES = 'image-scripts/images/'

--- The line of the file that an item of the quickfix list stands at.
local function line_of(t, item)
  return vim.split(t.text(item.path), '\n')[item.line]
end

return {
  {
    'new: an alias image is a link, and entries to be written',
    function(t)
      local before = t.read(REPOSITORY)
      t.open(IMAGES .. 'alpine/build.sh')
      vim.cmd('ImageScripts new alpine-3.25')
      t.has(t.message('made alpine-3.25').text, 'like alpine-3.24; `:wall` writes it')
      t.eq(vim.uv.fs_readlink(t.path(IMAGES .. 'alpine-3.25')), 'alpine')
      t.has(t.text(REPOSITORY), '"3.25"')
      t.eq(t.read(REPOSITORY), before, 'nothing is written unasked')
      vim.cmd('silent wall')
      t.has(t.read(REPOSITORY), '"3.25"')
      t.becomes({}, 'findings about the image', function()
        return vim.tbl_filter(function(diagnostic)
          return diagnostic.message:find('alpine-3.25', 1, true) ~= nil
        end, vim.diagnostic.get())
      end)
    end,
  },
  {
    'new: files that come to the disk when they are written, and what to verify',
    function(t)
      t.open(IMAGES .. 'fedora-45/build.sh')
      vim.cmd('ImageScripts new fedora-46')
      t.message('made fedora-46 like fedora-45; 5 to verify; `:wall` writes it')
      t.wait('the new image to be shown', function()
        return vim.api.nvim_buf_get_name(0) == t.path(IMAGES .. 'fedora-46/build.sh')
      end)
      t.ok(not t.exists(IMAGES .. 'fedora-46'), 'nothing is written unasked')
      local builds = vim.tbl_filter(function(item)
        return item.path == IMAGES .. 'fedora-46/build.sh'
      end, t.quickfix())
      t.eq(#builds, 4, 'an address and three build numbers are to be verified')
      t.has(builds[1].text, 'check that upstream serves the release')
      t.has(line_of(t, builds[1]), 'BASEURL=https://')
      t.has(line_of(t, builds[4]), 'fedora-release-$RELVER-19')
      t.ok(#vim.fn.win_findbuf(vim.fn.getqflist({ qfbufnr = 0 }).qfbufnr) > 0, 'they are shown')
      vim.cmd('silent wall')
      t.eq(t.read(IMAGES .. 'fedora-46/config.sh'), 'BUILDER=fedora\n')
      t.has(t.read(IMAGES .. 'fedora-46/build.sh'), 'configure-fedora')
      t.has(t.read(REPOSITORY), '"46"')
      t.has(t.read(TABLE), 'fedora_46')
      t.wait('no finding to be left about it but what is to be verified', function()
        return vim.iter(vim.diagnostic.get()):all(function(diagnostic)
          return diagnostic.code == 'verify' or not diagnostic.message:find('fedora-46', 1, true)
        end)
      end)
    end,
  },
  {
    'new: undo takes it back before it is written',
    function(t)
      t.open(IMAGES .. 'fedora-45/build.sh')
      local before = t.text(REPOSITORY)
      vim.cmd('ImageScripts new fedora-46')
      t.message('made fedora-46')
      t.undo(REPOSITORY)
      t.undo(TABLE)
      t.undo(IMAGES .. 'fedora-46/build.sh')
      t.eq(t.text(REPOSITORY), before)
      t.eq(t.text(TABLE), t.read(TABLE))
      t.eq(t.text(IMAGES .. 'fedora-46/build.sh'), '\n')
    end,
  },
  {
    'new: without a name the user is asked, until there is one that will do',
    function(t)
      t.open(IMAGES .. 'fedora-45/build.sh')
      local asked = t.answer({ input = { 'fedora-44', ' fedora-46 ' } })
      vim.cmd('ImageScripts new')
      t.message('made fedora-46 like fedora-45')
      t.eq(#asked, 2)
      t.eq(asked[1].default, 'fedora-46', 'the next release is proposed')
      t.has(t.messages[1].text, 'fedora-44')
      t.eq(t.messages[1].level, vim.log.levels.ERROR)
      t.eq(asked[2].default, 'fedora-44', 'what was refused may be mended')
    end,
  },
  {
    'new: the next release of an image that is named is proposed',
    function(t)
      t.open(IMAGES .. 'fedora-45/build.sh')
      local asked = t.answer({ input = {} })
      vim.cmd('ImageScripts new like=alpine-3.24')
      t.wait('the question', function()
        return asked[1]
      end)
      t.eq(asked[1].default, 'alpine-3.25')
      t.has(asked[1].prompt, 'like alpine-3.24')
      t.settle()
      t.ok(not t.exists(IMAGES .. 'alpine-3.25'), 'without an answer nothing is made')
    end,
  },
  {
    'new: one image for another, in one change',
    function(t)
      t.open(IMAGES .. 'fedora-45/build.sh')
      vim.cmd('ImageScripts new fedora-46 like=fedora-44 replace=fedora-43 tags=latest,stable')
      t.message('made fedora-46 like fedora-44')
      t.ok(not t.exists(IMAGES .. 'fedora-43'), 'the other one is gone')
      t.ok(not t.text(REPOSITORY):find('"43"', 1, true), 'and its entry')
    end,
  },
  {
    'an action makes a new image, and asks for its name',
    function(t)
      t.open(IMAGES .. 'debian-13/config.sh')
      local asked = t.answer({ input = { 'debian-14' } })
      t.act('New image like `debian-13`')
      t.message('made debian-14 like debian-13')
      t.eq(asked[1].default, 'debian-14')
    end,
  },
  {
    'retire: after a question, an image goes, with its buffers',
    function(t)
      t.open(IMAGES .. 'fedora-43/build.sh')
      t.edit(IMAGES .. 'fedora-43/config.sh')
      local asked = t.answer({ confirm = 1 })
      vim.cmd('ImageScripts retire')
      t.message('retired fedora-43')
      t.has(asked[1].question, 'Retire fedora-43?')
      t.has(asked[1].question, 'deletes  ' .. IMAGES .. 'fedora-43')
      t.ok(not t.exists(IMAGES .. 'fedora-43'), 'the directory is gone')
      local left = t.buffer(IMAGES .. 'fedora-43/build.sh')
      t.ok(not left or not vim.api.nvim_buf_is_loaded(left), 'its buffers are closed')
      t.ok(not t.text(REPOSITORY):find('"43"', 1, true), 'its entry is gone')
      t.ok(not t.text(TABLE):find('fedora_43', 1, true), 'its row is gone')
      vim.cmd('silent wall')
      t.becomes({}, 'findings about the image', function()
        return vim.tbl_filter(function(diagnostic)
          return diagnostic.message:find('fedora-43', 1, true) ~= nil
        end, vim.diagnostic.get())
      end)
    end,
  },
  {
    'retire: the user may think better of it',
    function(t)
      t.open(IMAGES .. 'fedora-43/build.sh')
      local asked = t.answer({ confirm = 2 })
      vim.cmd('ImageScripts retire')
      t.wait('the question', function()
        return asked[1]
      end)
      t.settle()
      t.ok(t.exists(IMAGES .. 'fedora-43/build.sh'), 'the image is still there')
      t.eq(t.messages, {})
    end,
  },
  {
    'retire: a modified file of the image is not thrown away',
    function(t)
      local build = t.open(IMAGES .. 'fedora-43/build.sh')
      vim.api.nvim_buf_set_lines(build, 0, 0, false, { '# precious' })
      vim.cmd('ImageScripts! retire fedora-43')
      t.message('retired fedora-43')
      t.ok(vim.api.nvim_buf_is_loaded(build), 'the buffer is still there')
      t.has(t.text(IMAGES .. 'fedora-43/build.sh'), '# precious')
    end,
  },
  {
    'retire: an alias image goes, and what it was an alias of stays',
    function(t)
      t.open(IMAGES .. 'alpine/build.sh')
      local before = t.read(IMAGES .. 'alpine/build.sh')
      t.answer({ confirm = 1 })
      vim.cmd('ImageScripts retire alpine-3.21')
      t.message('retired alpine-3.21')
      t.wait('the link to go', function()
        return not t.exists(IMAGES .. 'alpine-3.21')
      end)
      t.eq(t.read(IMAGES .. 'alpine/build.sh'), before)
      t.ok(not t.text(REPOSITORY):find('"3.21"', 1, true), 'its entry is gone')
    end,
  },
  {
    'retire: where images share a directory, the user says which',
    function(t)
      t.open(IMAGES .. 'alpine/build.sh')
      local asked = t.answer({ select = 'alpine-3.22', confirm = 1 })
      vim.cmd('ImageScripts retire')
      t.message('retired alpine-3.22')
      t.ok(vim.list_contains(asked[1], 'alpine-3.24'), asked)
    end,
  },
  {
    'rename: an image gets another name in every place',
    function(t)
      t.open(REPOSITORY)
      vim.cmd('ImageScripts rename debian-13 debian-14')
      t.message('renamed debian-13 to debian-14')
      t.ok(t.exists(IMAGES .. 'debian-14/build.sh'), 'the directory has the new name')
      t.ok(not t.exists(IMAGES .. 'debian-13'), 'and not the old one')
      t.has(t.text(REPOSITORY), '"14"')
    end,
  },
  {
    "rename: changes in the directory are the user's to write",
    function(t)
      local build = t.open(IMAGES .. 'debian-13/build.sh')
      local before = { t.read(IMAGES .. 'debian-13/build.sh'), t.text(REPOSITORY) }
      vim.api.nvim_buf_set_lines(build, 0, 0, false, { '# precious' })
      vim.cmd('ImageScripts rename debian-13 debian-14')
      local message = t.message('debian-13/build.sh has changes')
      t.has(message.text, 'nothing was changed')
      t.eq(message.level, vim.log.levels.ERROR)
      t.ok(not t.exists(IMAGES .. 'debian-14'), 'the directory has the old name')
      t.eq({ t.read(IMAGES .. 'debian-13/build.sh'), t.text(REPOSITORY) }, before)
      vim.cmd('silent write')
      vim.cmd('ImageScripts rename debian-13 debian-14')
      t.message('renamed debian-13 to debian-14')
      t.has(t.read(IMAGES .. 'debian-14/build.sh'), '# precious')
    end,
  },
  {
    'bump: a package build number, wherever it stands',
    function(t)
      local build = IMAGES .. 'fedora-45/build.sh'
      t.open(build)
      vim.cmd('ImageScripts bump build=20')
      t.message('bumped fedora-45')
      local text = t.text(build)
      t.ok(not text:find('$RELVER-19', 1, true), text)
      t.has(text, 'fedora-release-identity-basic-$RELVER-20')
      t.undo(build)
      t.eq(t.text(build), t.read(build))
    end,
  },
  {
    'what is refused is one line that says what to do',
    function(t)
      t.open(IMAGES .. 'fedora-45/build.sh')
      local refused = {
        ['ImageScripts'] = 'say what to do: one of bump, findings',
        ['ImageScripts bogus'] = 'there is no `:ImageScripts bogus`',
        ['ImageScripts rename fedora-45'] = 'usage: :ImageScripts rename OLD NEW',
        ['ImageScripts new x color=red'] = 'usage: :ImageScripts new',
        ['ImageScripts bump fedora-45'] = 'say what is new',
        ['ImageScripts new fedora-44'] = 'fedora-44',
        ['ImageScripts! retire gimli-1'] = 'gimli-1',
        ['ImageScripts rename fedora-45 fedora-44'] = 'fedora-44',
        ['ImageScripts bump gimli-1 build=2'] = 'gimli-1',
        ['ImageScripts test gimli-1'] = 'there is no image `gimli-1`',
      }
      for command, message in vim.spairs(refused) do
        t.messages = {}
        vim.cmd(command)
        t.eq(t.message(message).level, vim.log.levels.ERROR, command)
        t.eq(#t.messages, 1, command)
      end
    end,
  },
}
