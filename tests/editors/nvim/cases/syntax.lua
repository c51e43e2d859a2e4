-- Messages of the server are in the plugin's own syntax.

return {
  {
    'syntax: options of the command line become arguments of the command',
    function(t)
      local own = require('image_scripts.syntax').own
      local cases = {
        ['pass `--like IMAGE`'] = 'pass `like=IMAGE`',
        ['say it (`--from DIST:RELEASE`)'] = 'say it (`from=DIST:RELEASE`)',
        ['pass `--tag` if it is to'] = 'pass `tags=` if it is to',
        ['`--keep-tested` adds `x`'] = '`keep-tested=yes` adds `x`',
        ['`--pointver VERSION`, `--build NUMBER` or `--set VAR=VALUE`'] = '`pointver=VERSION`, `build=NUMBER` or `VAR=VALUE`',
        ['`image-scripts-ls bump rocky-9 --pointver 9.8`, or `--force`'] = '`:ImageScripts bump rocky-9 pointver=9.8`, or `force=yes`',
        ['`image-scripts-ls new-builder x`'] = '`:ImageScripts new-builder x`',
        -- What only the command line has stays.
        ['`image-scripts-ls fix --rule x`, `image-scripts-ls newer`'] = '`image-scripts-ls fix --rule x`, `image-scripts-ls newer`',
        ['a -- b, --other like'] = 'a -- b, --other like',
      }
      for message, expected in pairs(cases) do
        t.eq(own(message), expected)
      end
    end,
  },
  {
    'syntax: a refusal says what to type, and that is accepted',
    function(t)
      t.open('image-scripts/images/fedora-45/build.sh')
      vim.cmd('ImageScripts new fedora-450')
      local refusal = t.message('force=yes')
      t.ok(not refusal.text:find('--', 1, true), refusal.text)
      vim.cmd('ImageScripts new fedora-450 force=yes')
      t.message('created fedora-450')
    end,
  },
  {
    'syntax: no message of a refused or noted change names an option of the command line',
    function(t)
      t.open('image-scripts/images/fedora-45/build.sh')
      for _, command in ipairs({
        'new gimli-1',
        'new-builder gimli',
        'new-builder fedora-x like=fedora from=x',
        'new ubuntu-25',
        'bump fedora-45 pointver=1',
        'bump almalinux-9 pointver=1.2',
        'new fedora-46',
      }) do
        t.messages = {}
        vim.cmd('ImageScripts ' .. command)
        t.wait('a message', function()
          return t.messages[1]
        end)
        t.ok(not t.messages[1].text:find('%-%-%a'), t.messages[1].text)
      end
      vim.cmd('ImageScripts next')
      local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
      t.ok(not text:find('%s`?%-%-%a'), text)
    end,
  },
}
