-- `:checkhealth image_scripts`: what is there, and what is missing.

local checkout = require('image_scripts.checkout')
local client_of = require('image_scripts.client')

local health = vim.health
local M = {}

--- The first line that a command prints; nil if it cannot be run.
---@param command string[]
---@return string?
local function first_line(command)
  local started, process = pcall(vim.system, command, { text = true })
  if not started then
    return nil
  end
  local result = process:wait(5000)
  return result.code == 0 and vim.split(result.stdout or '', '\n')[1] or nil
end

--- Whether it is new enough for the rest.
local function check_neovim()
  health.start('Neovim')
  local is_new = vim.fn.has('nvim-0.11') == 1
  if is_new then
    health.ok(tostring(vim.version()))
  else
    health.error('Neovim 0.11 or newer is needed')
  end
  local complaints = require('image_scripts').complaints()
  for _, complaint in ipairs(complaints) do
    health.warn(complaint)
  end
  return is_new
end

local function check_server()
  health.start('Server')
  local cmd = vim.lsp.config[client_of.NAME].cmd
  if type(cmd) ~= 'table' then
    health.info('`cmd` is a function: how the server is started is not known here')
    return
  end
  local missing = client_of.missing()
  if missing then
    return health.error(missing, {
      'Install it: `cargo install --path server` in a clone of image-scripts-ls',
      "Or say where it is: `vim.g.image_scripts = { cmd = { '/path/to/image-scripts-ls' } }`",
    })
  end
  local version = first_line({ cmd[1], '--version' })
  if version then
    health.ok(('%s: %s'):format(vim.fn.exepath(cmd[1]), version))
  else
    health.error(('`%s --version` fails: is it image-scripts-ls?'):format(cmd[1]))
  end
  -- The first of 0.11 cannot tell.
  if vim.lsp.is_enabled and not vim.lsp.is_enabled(client_of.NAME) then
    health.warn('It is not enabled', {
      "`vim.lsp.enable('image_scripts_ls')` does, or leave `vim.g.image_scripts_enable` unset",
    })
  end
  -- The server has it look at scripts.
  local settings = vim.tbl_get(vim.lsp.config[client_of.NAME], 'settings', 'imageScripts') or {}
  if settings.bash == false then
    health.info('Scripts are not checked with `bash -n`: the setting `bash` is off')
  elseif vim.fn.executable('bash') == 1 then
    health.ok(('bash: %s'):format(first_line({ 'bash', '--version' }) or 'of an unknown version'))
  else
    health.warn('There is no bash: scripts are not checked with `bash -n`')
  end
end

--- The checkouts of the current directory and of all files that are open.
---@return string[]
local function checkouts()
  local found = {}
  local function add(root)
    if root and not vim.list_contains(found, root) then
      table.insert(found, root)
    end
  end
  add(checkout.find(vim.fn.getcwd()))
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    add(checkout.of_buffer(bufnr))
  end
  return found
end

local function check_checkouts()
  health.start('Checkouts')
  local roots = checkouts()
  if #roots == 0 then
    health.info('There is none here: open a file of one, or `:cd` into it')
  end
  for _, root in ipairs(roots) do
    health.ok(root)
    if vim.fn.executable(vim.fs.joinpath(root, 'test-runner.sh')) == 0 then
      health.info('It has no `test-runner.sh`: its tests cannot be run')
    end
  end
  local clients = vim.lsp.get_clients({ name = client_of.NAME })
  for _, client in ipairs(clients) do
    local count = vim.tbl_count(client.attached_buffers)
    local files = count == 1 and '1 open file' or ('%d open files'):format(count)
    health.ok(('The server runs in %s, for %s'):format(client.root_dir, files))
  end
  if #clients == 0 then
    health.info('The server does not run: it does when a file of a checkout is opened')
  end
end

--- Called by `:checkhealth`.
function M.check()
  if check_neovim() then
    check_server()
    check_checkouts()
  end
end

return M
