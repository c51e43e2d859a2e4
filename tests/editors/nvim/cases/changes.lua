-- Commands and actions that create, retire, rename and bump images.

local REPOSITORY = 'os/configs/image-repository.nix'
local TABLE = 'tests/distributions.nix'
local IMAGES = 'image-scripts/images/'

--- Returns the line of text that a quickfix item points to.
local function line_of(t, item)
  return vim.split(t.text(item.path), '\n')[item.line]
end

return {
  {
    'new: an alias image is a link and its entries, all of it on disk',
    function(t)
      vim.o.columns = 160
      t.open(IMAGES .. 'alpine/build.sh')
      vim.cmd('ImageScripts new alpine-3.25')
      local message = t.message('created alpine-3.25').text
      t.has(message, 'like alpine-3.24; ')
      t.has(message, '; it is written; `:ImageScripts next`')
      t.eq(vim.uv.fs_readlink(t.path(IMAGES .. 'alpine-3.25')), 'alpine')
      t.has(t.read(REPOSITORY), '"3.25"')
      t.becomes({}, 'the findings about the image, save what is to be verified', function()
        return vim.tbl_filter(function(diagnostic)
          return diagnostic.code ~= 'verify'
            and diagnostic.message:find('alpine-3.25', 1, true) ~= nil
        end, vim.diagnostic.get())
      end)
    end,
  },
  {
    'new: files are created when they are written, and values are to be verified',
    function(t)
      vim.o.columns = 160
      t.open(IMAGES .. 'fedora-45/build.sh')
      vim.cmd('ImageScripts new fedora-46')
      t.message('created fedora-46 like fedora-45; 3 to verify; `:wall` writes it')
      t.wait('the new image to be shown', function()
        return vim.api.nvim_buf_get_name(0) == t.path(IMAGES .. 'fedora-46/build.sh')
      end)
      t.ok(not t.exists(IMAGES .. 'fedora-46'), 'nothing is written unless the user does it')
      local builds = vim.tbl_filter(function(item)
        return item.path == IMAGES .. 'fedora-46/build.sh'
      end, t.quickfix())
      t.eq(#builds, 3, 'an address, a build number and the packages are to be verified')
      t.has(builds[1].text, 'fedora-46/BASEURL: an address: check that upstream serves the release')
      t.has(line_of(t, builds[1]), 'BASEURL=https://')
      t.has(builds[2].text, 'fedora-46/RELEASE: ')
      t.has(line_of(t, builds[2]), '-$RELVER-19')
      t.ok(#vim.fn.win_findbuf(vim.fn.getqflist({ qfbufnr = 0 }).qfbufnr) > 0, 'they are shown')
      vim.cmd('silent wall')
      t.eq(t.read(IMAGES .. 'fedora-46/config.sh'), 'BUILDER=fedora\n')
      t.has(t.read(IMAGES .. 'fedora-46/build.sh'), 'configure-fedora')
      t.has(t.read(REPOSITORY), '"46"')
      t.has(t.read(TABLE), 'fedora_46')
      t.wait('no finding about it except what is to be verified', function()
        return vim.iter(vim.diagnostic.get()):all(function(diagnostic)
          return diagnostic.code == 'verify' or not diagnostic.message:find('fedora-46', 1, true)
        end)
      end)
    end,
  },
  {
    'new: undo reverts it before it is written',
    function(t)
      t.open(IMAGES .. 'fedora-45/build.sh')
      local before = t.text(REPOSITORY)
      vim.cmd('ImageScripts new fedora-46')
      t.message('created fedora-46')
      t.undo(REPOSITORY)
      t.undo(TABLE)
      t.undo(IMAGES .. 'fedora-46/build.sh')
      t.eq(t.text(REPOSITORY), before)
      t.eq(t.text(TABLE), t.read(TABLE))
      t.eq(t.text(IMAGES .. 'fedora-46/build.sh'), '\n')
    end,
  },
  {
    'new: the user is asked for a name until it is accepted',
    function(t)
      t.open(IMAGES .. 'fedora-45/build.sh')
      local prompts = t.reply({ input = { 'fedora-44', ' fedora-46 ' } })
      vim.cmd('ImageScripts new')
      t.message('created fedora-46')
      t.eq(#prompts, 2)
      t.eq(prompts[1].default, 'fedora-46', 'the next release is proposed')
      t.has(t.messages[1].text, 'fedora-44')
      t.eq(t.messages[1].level, vim.log.levels.ERROR)
      t.eq(prompts[2].default, 'fedora-44', 'a refused name can be corrected')
    end,
  },
  {
    'new: the next release of a given image is proposed',
    function(t)
      t.open(IMAGES .. 'fedora-45/build.sh')
      local prompts = t.reply({ input = {} })
      vim.cmd('ImageScripts new like=alpine-3.24')
      t.wait('the prompt', function()
        return prompts[1]
      end)
      t.eq(prompts[1].default, 'alpine-3.25')
      t.has(prompts[1].prompt, 'like alpine-3.24')
      t.sync()
      t.ok(not t.exists(IMAGES .. 'alpine-3.25'), 'nothing is created without a name')
    end,
  },
  {
    'new: files of the replaced image that git does not know are kept, unless they are to be deleted',
    function(t)
      t.git_init()
      t.write(IMAGES .. 'fedora-43/notes.txt', 'precious')
      t.open(IMAGES .. 'fedora-45/build.sh')
      vim.cmd('ImageScripts! new fedora-46 replace=fedora-43')
      t.message('created fedora-46')
      t.eq(t.read(IMAGES .. 'fedora-43/notes.txt'), 'precious')
      t.ok(not t.exists(IMAGES .. 'fedora-43/build.sh'), 'what git knows is gone')
      vim.cmd('ImageScripts next')
      vim.fn.search('notes.txt')
      t.has(vim.api.nvim_get_current_line(), 'notes.txt')
    end,
  },
  {
    'new: files of the replaced image that git does not know are deleted when told to',
    function(t)
      t.git_init()
      t.write(IMAGES .. 'fedora-43/notes.txt', 'worthless')
      t.open(IMAGES .. 'fedora-45/build.sh')
      vim.cmd('ImageScripts! new fedora-46 replace=fedora-43 untracked=delete')
      t.message('created fedora-46')
      t.ok(not t.exists(IMAGES .. 'fedora-43'), 'the replaced image is gone')
    end,
  },
  {
    'retire: files that git does not know are kept, unless they are to be deleted',
    function(t)
      t.git_init()
      t.write(IMAGES .. 'fedora-43/notes.txt', 'precious')
      t.open(IMAGES .. 'fedora-45/build.sh')
      vim.cmd('ImageScripts! retire fedora-43')
      t.message('retired fedora-43')
      t.ok(t.exists(IMAGES .. 'fedora-43/notes.txt'), 'what git does not know is kept')
      t.write(IMAGES .. 'debian-13/notes.txt', 'worthless')
      vim.cmd('silent wall')
      vim.cmd('ImageScripts! retire debian-13 untracked=delete')
      t.message('retired debian-13')
      t.ok(not t.exists(IMAGES .. 'debian-13'), 'the directory is gone')
    end,
  },
  {
    'new-builder: a builder is made after another one',
    function(t)
      local builders = 'image-scripts/builders/'
      t.open(IMAGES .. 'fedora-45/build.sh')
      vim.cmd('ImageScripts new-builder fedora-next like=fedora from=fedora:44')
      t.message('created the builder fedora-next')
      t.eq(vim.api.nvim_buf_get_name(0), t.path(builders .. 'fedora-next/setup.sh'))
      t.has(t.text(builders .. 'fedora-next/config.sh'), '44')
      t.ok(not t.exists(builders .. 'fedora-next'), 'nothing is written unless the user does it')
      vim.cmd('silent wall')
      t.has(t.read(builders .. 'fedora-next/config.sh'), '44')
      t.messages = {}
      vim.cmd('ImageScripts new-builder fedora-x like=nothing')
      t.eq(t.message('nothing').level, vim.log.levels.ERROR)
    end,
  },
  {
    'an action asks for a name and creates an image',
    function(t)
      t.open(IMAGES .. 'debian-13/config.sh')
      local prompts = t.reply({ input = { 'debian-14' } })
      t.act('New image like `debian-13`')
      t.message('created debian-14')
      t.eq(prompts[1].default, 'debian-14')
    end,
  },
  {
    'retire: an image is removed with its buffers once the user confirms',
    function(t)
      t.open(IMAGES .. 'fedora-43/build.sh')
      t.edit(IMAGES .. 'fedora-43/config.sh')
      local prompts = t.reply({ confirm = 1 })
      vim.cmd('ImageScripts retire')
      t.message('retired fedora-43')
      t.has(prompts[1].prompt, 'Retire fedora-43?')
      t.has(prompts[1].prompt, 'deletes  ' .. IMAGES .. 'fedora-43')
      t.ok(not t.exists(IMAGES .. 'fedora-43'), 'the directory is gone')
      local left = t.buffer(IMAGES .. 'fedora-43/build.sh')
      t.ok(not left or not vim.api.nvim_buf_is_loaded(left), 'its buffers are closed')
      t.ok(not t.text(REPOSITORY):find('"43"', 1, true), 'its entry is gone')
      t.ok(not t.read(TABLE):find('fedora_43', 1, true), 'its row is gone')
      t.becomes({}, 'the findings about the image', function()
        return vim.tbl_filter(function(diagnostic)
          return diagnostic.message:find('fedora-43', 1, true) ~= nil
        end, vim.diagnostic.get())
      end)
    end,
  },
  {
    'retire: the user cancels',
    function(t)
      t.open(IMAGES .. 'fedora-43/build.sh')
      local prompts = t.reply({ confirm = 2 })
      vim.cmd('ImageScripts retire')
      t.wait('the prompt', function()
        return prompts[1]
      end)
      t.sync()
      t.ok(t.exists(IMAGES .. 'fedora-43/build.sh'), 'the image still exists')
      t.eq(t.messages, {})
    end,
  },
  {
    'retire: an alias image is removed, but not the directory it links to',
    function(t)
      t.open(IMAGES .. 'alpine/build.sh')
      local before = t.read(IMAGES .. 'alpine/build.sh')
      t.reply({ confirm = 1 })
      vim.cmd('ImageScripts retire alpine-3.21')
      t.message('retired alpine-3.21')
      t.wait('the link to be removed', function()
        return not t.exists(IMAGES .. 'alpine-3.21')
      end)
      t.eq(t.read(IMAGES .. 'alpine/build.sh'), before)
      t.ok(not t.text(REPOSITORY):find('"3.21"', 1, true), 'its entry is gone')
    end,
  },
  {
    'retire: the user chooses among images that share a directory',
    function(t)
      t.open(IMAGES .. 'alpine/build.sh')
      local prompts = t.reply({ select = 'alpine-3.22', confirm = 1 })
      vim.cmd('ImageScripts retire')
      t.message('retired alpine-3.22')
      t.ok(vim.list_contains(prompts[1], 'alpine-3.24'), prompts)
    end,
  },
  {
    'rename: an image is renamed everywhere',
    function(t)
      t.open(REPOSITORY)
      vim.cmd('ImageScripts rename debian-13 debian-14')
      t.message('renamed debian-13 to debian-14')
      t.ok(t.exists(IMAGES .. 'debian-14/build.sh'), 'the directory has the new name')
      t.ok(not t.exists(IMAGES .. 'debian-13'), 'the old directory is gone')
      t.has(t.text(REPOSITORY), '"14"')
    end,
  },
  {
    'rename: unsaved changes in the directory prevent it',
    function(t)
      local build = t.open(IMAGES .. 'debian-13/build.sh')
      local before = { t.read(IMAGES .. 'debian-13/build.sh'), t.text(REPOSITORY) }
      vim.api.nvim_buf_set_lines(build, 0, 0, false, { '# precious' })
      vim.cmd('ImageScripts rename debian-13 debian-14')
      local message = t.message('debian-13/build.sh has unsaved changes')
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
    'bump: a package build number changes everywhere',
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
    'a refusal is one line that says what to do',
    function(t)
      t.open(IMAGES .. 'fedora-45/build.sh')
      local refusals = {
        ['ImageScripts bogus'] = 'there is no subcommand `bogus`: use one of bump, describe, findings',
        ['ImageScripts list fedora-45'] = 'usage: :ImageScripts list',
        ['ImageScripts rename fedora-45'] = 'usage: :ImageScripts rename OLD NEW',
        ['ImageScripts new x color=red'] = 'usage: :ImageScripts new',
        ['ImageScripts bump fedora-45'] = 'nothing to bump: pass',
        ['ImageScripts new fedora-44'] = 'fedora-44',
        ['ImageScripts! retire gimli-1'] = 'gimli-1',
        ['ImageScripts rename fedora-45 fedora-44'] = 'fedora-44',
        ['ImageScripts bump gimli-1 build=2'] = 'gimli-1',
        ['ImageScripts test gimli-1'] = 'there is no image `gimli-1`',
      }
      for command, message in vim.spairs(refusals) do
        t.messages = {}
        vim.cmd(command)
        t.eq(t.message(message).level, vim.log.levels.ERROR, command)
        t.eq(#t.messages, 1, command)
      end
    end,
  },
}
