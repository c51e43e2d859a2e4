-- `:ImageScripts policy`: what an image does to its container.

local FEDORA = 'image-scripts/images/fedora-44/build.sh'
local DEBIAN = 'image-scripts/images/debian-13/build.sh'

--- Waits for a buffer, and returns its lines.
local function lines_of(t, name)
  return t.wait(name, function()
    local lines = vim.api.nvim_buf_get_lines(0, 0, -1, false)
    return vim.api.nvim_buf_get_name(0) == name and #lines > 1 and lines
  end)
end

local function press(key)
  vim.api.nvim_feedkeys(vim.keycode(key), 'xt', false)
end

--- Puts the cursor on the first line with a text.
local function go_to_line(lines, text)
  for number, line in ipairs(lines) do
    if line:find(text, 1, true) then
      vim.api.nvim_win_set_cursor(0, { number, 0 })
      return line
    end
  end
  error('no line with ' .. text)
end

return {
  {
    'policy: shows what an image does, and opens the line that says so',
    function(t)
      t.open(FEDORA)
      vim.cmd('ImageScripts policy fedora-44')
      local lines = lines_of(t, 'image-scripts://policy/fedora-44')
      t.has(table.concat(lines, '\n'), 'units:')
      t.ok(not vim.bo.modifiable)
      local line = go_to_line(lines, '  mask')
      local path, number = line:match('(%S+):(%d+)')
      press('<CR>')
      t.wait('the script', function()
        return vim.endswith(vim.api.nvim_buf_get_name(0), path)
      end)
      t.eq(vim.api.nvim_win_get_cursor(0)[1], tonumber(number))
    end,
  },
  {
    'policy: compares two images, and masks a unit as the other one does',
    function(t)
      t.open(FEDORA)
      vim.cmd('ImageScripts policy debian-13 fedora-44')
      local lines = lines_of(t, 'image-scripts://policy/debian-13..fedora-44')
      local text = table.concat(lines, '\n')
      t.has(text, 'only debian-13:')
      t.has(text, 'only fedora-44:')
      go_to_line(lines, 'audit-rules.service')
      t.reply({ select = 'image', confirm = 1 })
      press('m')
      t.wait('the line in the script', function()
        return t.text(DEBIAN):find('\nsystemctl mask audit-rules.service\n', 1, true)
      end)
    end,
  },
}
