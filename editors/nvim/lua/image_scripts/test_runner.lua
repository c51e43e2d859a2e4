-- Runs the tests of a checkout in a terminal, and only when the user asks for it.

local images = require('image_scripts.images')
local notify = require('image_scripts.notify')
local plain = require('image_scripts.plain')

local M = {}

--- Height of the terminal's window.
local HEIGHT = 15

---@class image_scripts.Terminal
---@field window integer
---@field bufnr integer
---@field running boolean

--- Terminals whose command is running or whose buffer still exists.
---@type image_scripts.Terminal[]
local terminals = {}

--- Returns a window for a terminal: that of a finished command, unless the user has since opened
--- something else in it, or a new one.
---@return integer
local function terminal_window()
  for _, terminal in ipairs(terminals) do
    local is_reusable = not terminal.running
      and vim.api.nvim_win_is_valid(terminal.window)
      and vim.api.nvim_win_get_buf(terminal.window) == terminal.bufnr
    if is_reusable then
      return terminal.window
    end
  end
  vim.cmd(('botright %dsplit'):format(HEIGHT))
  return vim.api.nvim_get_current_win()
end

--- Deletes the terminals whose command is finished and that no window shows.
local function delete_hidden()
  terminals = vim.tbl_filter(function(terminal)
    if not vim.api.nvim_buf_is_valid(terminal.bufnr) then
      return false
    end
    if terminal.running or #vim.fn.win_findbuf(terminal.bufnr) > 0 then
      return true
    end
    vim.api.nvim_buf_delete(terminal.bufnr, { force = true })
    return false
  end, terminals)
end

--- Number of lines, and of characters, of output that causes are looked for in.
local MAX_LINES = 100000
local MAX_OUTPUT = 4194304

--- Triages the failure of an image's test.
---@param root string
---@param command string[]
---@param output string[]
---@param since integer
local function triage(root, command, output, since)
  local image = (command[3] or ''):match('^image%-scripts/test@(.+)$')
  if command[2] == 'test' and image then
    -- A terminal breaks lines with a carriage return.
    local text = table.concat(output, '\n'):sub(-MAX_OUTPUT)
    require('image_scripts.triage').after_failure(root, {
      root = root,
      image = image,
      text = text,
      since = since,
    })
  end
end

--- Starts a command in the root of a checkout.
---@param root string
---@param command string[]
---@param title string
local function start(root, command, title)
  local since, output = os.time() * 1000, { '' }
  local previous = vim.api.nvim_get_current_win()
  ---@type image_scripts.Terminal
  local terminal = {
    window = terminal_window(),
    bufnr = vim.api.nvim_create_buf(true, false),
    running = true,
  }
  vim.api.nvim_set_current_win(terminal.window)
  vim.api.nvim_win_set_buf(terminal.window, terminal.bufnr)
  table.insert(terminals, terminal)
  delete_hidden()
  vim.fn.jobstart(command, {
    term = true,
    cwd = root,
    on_stdout = function(_, lines)
      -- The first one continues the last one.
      output[#output] = output[#output] .. lines[1]
      vim.list_extend(output, lines, 2)
      if #output > 2 * MAX_LINES then
        output = vim.list_slice(output, #output - MAX_LINES)
      end
    end,
    on_exit = function(_, code)
      terminal.running = false
      if code == 0 then
        notify.info(title .. ': passed')
      else
        notify.error(('%s: failed (exit status %d)'):format(title, code))
        triage(root, command, output, since)
      end
    end,
  })
  -- With the cursor in its last line, the terminal follows the output.
  vim.cmd('normal! G')
  if vim.api.nvim_win_is_valid(previous) then
    vim.api.nvim_set_current_win(previous)
  end
end

--- Runs a command that a lens carries: the arguments of the checkout's `test-runner.sh`, or `bash -n`
--- and scripts. The user is asked before a test starts.
---@param root string
---@param words string[]
function M.execute(root, words)
  if words[1] == 'bash' then
    return start(root, words, 'bash -n')
  end
  local runner = vim.fs.joinpath(root, 'test-runner.sh')
  if vim.fn.executable(runner) == 0 then
    return notify.error(('%s cannot be run: tests need a whole checkout'):format(runner))
  end
  local title = plain.line(words[#words])
  if words[1] == 'test' then
    local prompt = 'Run %s?\nIt starts virtual machines and may take an hour or two.'
    if vim.fn.confirm(prompt:format(title), '&Run\n&Cancel', 2, 'Question') ~= 1 then
      return
    end
  else
    title = ('test-runner.sh %s'):format(table.concat(words, ' '))
  end
  start(root, vim.list_extend({ './test-runner.sh' }, words), title)
end

--- Runs or lists the test of an image.
---@param client vim.lsp.Client
---@param verb 'test'|'ls'
---@param name string
function M.execute_for_image(client, verb, name)
  images.all(client, function(checkouts)
    for _, checkout in ipairs(checkouts) do
      for _, image in ipairs(checkout.images) do
        if image.image == name and image.test then
          return M.execute(checkout.root, { verb, image.test })
        elseif image.image == name then
          local message = '%s has no test of its own: this checkout predates tests of single images'
          return notify.error(message:format(name))
        end
      end
    end
    notify.error(('there is no image `%s`: `:ImageScripts status` lists them'):format(name))
  end)
end

return M
