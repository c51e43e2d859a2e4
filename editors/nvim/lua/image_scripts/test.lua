-- Running what a checkout is tested by, in a terminal: only where the user asked for it.

local tell = require('image_scripts.tell')

local M = {}

--- How high the terminal's window is.
local HEIGHT = 15

--- What was run, and is shown or running still.
---@type { window: integer, bufnr: integer, running: boolean }[]
local runs = {}

--- A window for a terminal: the one of a run before, when that is over. It is the user's again as
--- soon as anything else is shown in it.
---@return integer
local function window()
  for _, run in ipairs(runs) do
    local is_there = vim.api.nvim_win_is_valid(run.window)
    if is_there and not run.running and vim.api.nvim_win_get_buf(run.window) == run.bufnr then
      return run.window
    end
  end
  vim.cmd(('botright %dsplit'):format(HEIGHT))
  return vim.api.nvim_get_current_win()
end

--- Deletes the terminals of runs that are over, and that nobody sees.
local function clean()
  runs = vim.tbl_filter(function(run)
    if not vim.api.nvim_buf_is_valid(run.bufnr) then
      return false
    end
    if run.running or #vim.fn.win_findbuf(run.bufnr) > 0 then
      return true
    end
    vim.api.nvim_buf_delete(run.bufnr, { force = true })
    return false
  end, runs)
end

--- Runs a command line in a checkout.
---@param root string
---@param command string[]
---@param what string
local function start(root, command, what)
  local from = vim.api.nvim_get_current_win()
  local run = { window = window(), bufnr = vim.api.nvim_create_buf(true, false), running = true }
  vim.api.nvim_set_current_win(run.window)
  vim.api.nvim_win_set_buf(run.window, run.bufnr)
  table.insert(runs, run)
  clean()
  vim.fn.jobstart(command, {
    term = true,
    cwd = root,
    on_exit = function(_, code)
      run.running = false
      if code == 0 then
        tell.info(what .. ': passed')
      else
        tell.error(('%s: failed (exit status %d)'):format(what, code))
      end
    end,
  })
  -- From its last line on, the cursor follows what is written.
  vim.cmd('normal! G')
  if vim.api.nvim_win_is_valid(from) then
    vim.api.nvim_set_current_win(from)
  end
end

--- Runs something in a checkout: the arguments of its `test-runner.sh`, or `bash -n` and scripts.
--- Before a test is begun, the user is asked.
---@param root string
---@param words string[]
function M.run(root, words)
  if words[1] == 'bash' then
    return start(root, words, 'bash -n')
  end
  local runner = vim.fs.joinpath(root, 'test-runner.sh')
  if vim.fn.executable(runner) == 0 then
    return tell.error(('%s cannot be run: tests need a whole checkout'):format(runner))
  end
  local what = words[#words]
  if words[1] == 'test' then
    local question = 'Run %s?\nIt starts virtual machines, and may take an hour or two.'
    if vim.fn.confirm(question:format(what), '&Run\n&Cancel', 2, 'Question') ~= 1 then
      return
    end
  else
    what = ('test-runner.sh %s'):format(table.concat(words, ' '))
  end
  start(root, vim.list_extend({ './test-runner.sh' }, words), what)
end

--- Runs or lists the test of an image.
---@param client vim.lsp.Client
---@param verb 'test'|'ls'
---@param name string
function M.of_image(client, verb, name)
  require('image_scripts.images').all(client, function(checkouts)
    for _, checkout in ipairs(checkouts) do
      for _, image in ipairs(checkout.images) do
        if image.image == name and image.test then
          return M.run(checkout.root, { verb, image.test })
        elseif image.image == name then
          return tell.error('this checkout is older than the tests of single images: it has none')
        end
      end
    end
    tell.error(('there is no image `%s`: `:ImageScripts status` shows all'):format(name))
  end)
end

return M
