-- `:checkhealth image_scripts`: checks Neovim, the server and the checkouts.

local checkout = require('image_scripts.checkout')
local server = require('image_scripts.server')

local health = vim.health
local M = {}

--- Time limit in milliseconds for a program to print its version.
local VERSION_TIMEOUT = 5000

--- Returns the first line that a command prints, or nil if the command fails.
---@param command string[]
---@return string?
local function first_line(command)
  local started, process = pcall(vim.system, command, { text = true })
  if not started then
    return nil
  end
  local completed = process:wait(VERSION_TIMEOUT)
  return completed.code == 0 and vim.split(completed.stdout or '', '\n')[1] or nil
end

--- Checks Neovim and the options; returns false if Neovim is too old for the other checks.
---@return boolean
local function check_neovim()
  health.start('Neovim')
  local is_new_enough = vim.fn.has('nvim-0.11') == 1
  if is_new_enough then
    health.ok(tostring(vim.version()))
  else
    health.error('This Neovim is too old: version 0.11 or newer is required')
  end
  for _, message in ipairs(require('image_scripts').option_errors()) do
    health.warn(message)
  end
  return is_new_enough
end

--- Checks the program that the server uses to parse scripts.
local function check_bash()
  local settings = vim.tbl_get(vim.lsp.config[server.NAME], 'settings', 'imageScripts') or {}
  if settings.bash == false then
    health.info('Scripts are not checked with `bash -n`: the setting `bash` is off')
  elseif vim.fn.executable('bash') == 1 then
    health.ok(('bash: %s'):format(first_line({ 'bash', '--version' }) or 'unknown version'))
  else
    health.warn('bash is not in PATH: scripts are not checked with `bash -n`')
  end
end

--- Checks the program that looks at the scripts of containers, where it is wanted.
local function check_shellcheck()
  local settings = vim.tbl_get(vim.lsp.config[server.NAME], 'settings', 'imageScripts') or {}
  if settings.shellcheck ~= true then
    health.info('ShellCheck is not asked: the setting `shellcheck` is off')
  elseif vim.fn.executable('shellcheck') == 1 then
    health.ok('shellcheck is in PATH')
  else
    health.warn('shellcheck is not in PATH: the setting `shellcheck` does nothing')
  end
end

local function check_server()
  health.start('Server')
  local cmd = vim.lsp.config[server.NAME].cmd
  if type(cmd) ~= 'table' then
    health.info('`cmd` is a function, so the command line of the server cannot be checked')
    return
  end
  local missing = server.missing()
  if missing then
    return health.error(missing, {
      'Install it: `cargo install --path server` in a clone of image-scripts-ls',
      "Or set its path: `vim.g.image_scripts = { cmd = { '/path/to/image-scripts-ls' } }`",
    })
  end
  local version = first_line({ cmd[1], '--version' })
  if version then
    health.ok(('%s: %s'):format(vim.fn.exepath(cmd[1]), version))
  else
    health.error(('`%s --version` fails: is it image-scripts-ls?'):format(cmd[1]))
  end
  -- Neovim 0.11.0 does not have this function.
  if vim.lsp.is_enabled and not vim.lsp.is_enabled(server.NAME) then
    health.warn('The server is not enabled', {
      "Call `vim.lsp.enable('image_scripts_ls')`, or leave `vim.g.image_scripts_enable` unset",
    })
  end
  check_bash()
  check_shellcheck()
end

--- Returns the checkouts of the current directory and of all open files.
---@return string[]
local function checkouts()
  local roots = {}
  local function add(root)
    if root and not vim.list_contains(roots, root) then
      table.insert(roots, root)
    end
  end
  add(checkout.find(vim.fn.getcwd()))
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    add(checkout.of_buffer(bufnr))
  end
  return roots
end

local function check_checkouts()
  health.start('Checkouts')
  local roots = checkouts()
  if #roots == 0 then
    health.info('No vpsAdminOS checkout found here: open a file of one, or `:cd` into it')
  end
  for _, root in ipairs(roots) do
    health.ok(root)
    if vim.fn.executable(vim.fs.joinpath(root, 'test-runner.sh')) == 0 then
      health.info('It has no `test-runner.sh`: its tests cannot be run')
    end
  end
  local clients = vim.lsp.get_clients({ name = server.NAME })
  for _, client in ipairs(clients) do
    local count = vim.tbl_count(client.attached_buffers)
    local files = count == 1 and '1 open file' or ('%d open files'):format(count)
    health.ok(('The server is running in %s, for %s'):format(client.root_dir, files))
  end
  if #clients == 0 then
    health.info('The server is not running: it starts when a file of a checkout is opened')
  end
end

--- Runs all checks, for `:checkhealth`.
function M.check()
  if check_neovim() then
    check_server()
    check_checkouts()
  end
end

return M
