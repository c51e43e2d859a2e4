-- What is left to do after a change: `:ImageScripts next`.

local IMAGES = 'image-scripts/images/'
local NAME = 'image-scripts://next'

local function lines()
  return vim.api.nvim_buf_get_lines(0, 0, -1, false)
end

--- Opens the buffer, and returns its text.
local function open(t)
  vim.cmd('ImageScripts next')
  t.eq(vim.api.nvim_buf_get_name(0), NAME)
  return table.concat(lines(), '\n')
end

return {
  {
    'next: what comes after a new image is shown, and can be copied',
    function(t)
      t.open(IMAGES .. 'fedora-45/build.sh')
      vim.cmd('ImageScripts new fedora-46')
      t.message('created fedora-46')
      local text = open(t)
      t.eq(lines()[1], 'created fedora-46 like fedora-45')
      t.has(text, '    creates  image-scripts/images/fedora-46/build.sh')
      t.has(text, "a package's build number: only upstream knows the current one")
      t.has(text, '    :wall\n')
      t.has(text, '    bash -n image-scripts/images/fedora-46/build.sh\n      checks the syntax')
      t.has(text, '  Commit as:\n    image-scripts: add fedora-46')
      vim.fn.search('bash -n')
      vim.cmd('normal! yy')
      t.has(vim.fn.getreg('"'), 'bash -n image-scripts/images/fedora-46/build.sh')
      t.ok(not vim.bo.modifiable, 'it is read-only')
    end,
  },
  {
    'next: the buffer stays, and has the latest change first',
    function(t)
      t.open(IMAGES .. 'fedora-45/build.sh')
      vim.cmd('ImageScripts next')
      t.message('nothing was changed')
      vim.cmd('ImageScripts bump fedora-45 build=20')
      t.message('bumped fedora-45')
      open(t)
      vim.cmd('ImageScripts bump debian-13 RELNAME=forky')
      t.message('bumped debian-13')
      t.eq(lines()[1], 'bumped debian-13', 'what is shown is kept up to date')
      t.has(table.concat(lines(), '\n'), '\n\nbumped fedora-45\n')
      vim.cmd.close()
      t.has(open(t), 'bumped fedora-45')
    end,
  },
  {
    'next: what only the server can do is in the buffer, not in a message',
    function(t)
      t.open(IMAGES .. 'alpine/build.sh')
      vim.cmd('ImageScripts new alpine-3.25')
      t.message('created alpine-3.25')
      t.eq(#t.messages, 1)
      t.has(open(t), '    links    image-scripts/images/alpine-3.25 to alpine')
    end,
  },
  {
    'next: the message is never longer than the line that it is shown in',
    function(t)
      t.open(IMAGES .. 'fedora-45/build.sh')
      vim.cmd('ImageScripts new fedora-46')
      local message = t.message('created fedora-46').text
      t.ok(vim.fn.strdisplaywidth(message) <= vim.v.echospace, message)
      t.has(message, '; `:ImageScripts next`')
    end,
  },
}
