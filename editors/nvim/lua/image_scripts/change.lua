-- Changes of a checkout: creates, retires, renames and bumps images. The server computes the edits;
-- the files that they change stay unwritten, so that undo reverts them.

local images = require('image_scripts.images')
local next_steps = require('image_scripts.next_steps')
local notify = require('image_scripts.notify')
local plain = require('image_scripts.plain')
local quickfix = require('image_scripts.quickfix')
local server = require('image_scripts.server')

local M = {}

--- Clients whose server makes a change, by id.
---@type table<integer, true?>
local changing = {}

--- Tells whether a server makes a change. The report will have what the server's messages say.
---@param client_id integer
---@return boolean
function M.is_changing(client_id)
  return changing[client_id] == true
end

--- Runs a command of the server, or simulates it if the arguments say `dryRun`.
---@param client vim.lsp.Client
---@param command string
---@param arguments image_scripts.CommandArguments
---@param callback fun(report: image_scripts.ChangeReport)
---@param on_refusal? fun(message: string)
local function execute(client, command, arguments, callback, on_refusal)
  local argument = vim.tbl_extend('keep', arguments, { root = client.root_dir })
  local params = { command = 'imageScripts.' .. command, arguments = { argument } }
  if arguments.dryRun then
    return server.request(client, 'workspace/executeCommand', params, callback, on_refusal)
  end
  changing[client.id] = true
  server.request(client, 'workspace/executeCommand', params, function(report)
    changing[client.id] = nil
    callback(report)
  end, function(message)
    changing[client.id] = nil
    local refuse = on_refusal or notify.error
    refuse(message)
  end)
end

--- Returns what the user should look at after a change, as items of a quickfix list.
---@param client vim.lsp.Client
---@param root string
---@param report image_scripts.ChangeReport
---@return vim.quickfix.entry[]
local function open_points(client, root, report)
  local start = { line = 0, character = 0 }
  local items = {}
  local function add(path, range, text, type)
    local location = {
      uri = vim.uri_from_fname(vim.fs.joinpath(root, path)),
      range = range or { start = start, ['end'] = start },
    }
    table.insert(items, quickfix.item(location, client.offset_encoding, text, type))
  end
  for _, verify in ipairs(report.verify) do
    add(verify.path, verify.range, ('%s: %s'):format(verify.why, verify.text), 'N')
  end
  for _, note in ipairs(report.notes) do
    if note.path then
      add(note.path, note.range, note.message, 'W')
    end
  end
  return items
end

--- Tells the user what came of a change.
---@param client vim.lsp.Client
---@param arguments image_scripts.CommandArguments
---@param report image_scripts.ChangeReport
---@param summary string
---@param detail? string What may follow the summary.
local function show_report(client, arguments, report, summary, detail)
  if not report.applied then
    return notify.error('nothing was changed: ' .. (report.reason or 'no reason was given'))
  end
  if report.failed then
    -- The server has already shown the error.
    return
  end
  local root = arguments.root or client.root_dir
  local title = summary .. (detail or '')
  next_steps.add(root, title, report)
  local items = open_points(client, root, report)
  local details = { detail or '' }
  if #items > 0 then
    quickfix.open('image-scripts: ' .. title, items)
    table.insert(details, ('; %d to verify'):format(#items))
  end
  if #report.created + #report.edited > 0 then
    table.insert(details, '; `:wall` writes it')
  end
  -- Clears the names of opened files and the prompts: a message below them would make Neovim wait
  -- for <Enter>.
  vim.cmd.redraw()
  notify.info_fitting(summary, details, '; `:ImageScripts next`')
end

--- Creates an image, unless the server refuses.
---@param client vim.lsp.Client
---@param arguments image_scripts.NewImage
---@param on_refusal fun(message: string)
local function create(client, arguments, on_refusal)
  local dry_run = vim.tbl_extend('force', arguments, { dryRun = true })
  execute(client, 'newImage', dry_run, function()
    execute(client, 'newImage', arguments, function(report)
      local detail = report.like and (' like ' .. report.like) or ' from scratch'
      show_report(client, arguments, report, 'created ' .. report.image, detail)
    end)
  end, on_refusal)
end

--- Asks for the name of a new image until the server accepts it.
---@param client vim.lsp.Client
---@param arguments image_scripts.NewImage
---@param default? string
local function ask_for_name(client, arguments, default)
  local like = arguments.like and (' like ' .. arguments.like) or ''
  vim.ui.input({ prompt = ('New image%s: '):format(like), default = default }, function(name)
    name = vim.trim(name or '')
    if name == '' then
      return
    end
    local named = vim.tbl_extend('force', arguments, { name = name })
    create(client, named, function(message)
      notify.error(message)
      ask_for_name(client, arguments, name)
    end)
  end)
end

--- Creates an image. The user is asked for a missing name.
---@param client vim.lsp.Client
---@param arguments image_scripts.NewImage
---@param proposal? string Name to begin with when asking.
function M.new(client, arguments, proposal)
  if arguments.name then
    create(client, arguments, notify.error)
  elseif proposal then
    ask_for_name(client, arguments, proposal)
  elseif arguments.like then
    images.proposal(client, arguments.like, function(next)
      ask_for_name(client, arguments, next)
    end)
  else
    images.at_cursor(client, function(_, next)
      ask_for_name(client, arguments, next)
    end)
  end
end

--- Creates a builder, and shows what it installs.
---@param client vim.lsp.Client
---@param arguments image_scripts.NewBuilder
function M.new_builder(client, arguments)
  execute(client, 'newBuilder', arguments, function(report)
    local setup = vim.iter(report.applied and report.created or {}):find(function(path)
      return vim.endswith(path, '/setup.sh')
    end)
    if setup then
      local path = vim.fs.joinpath(arguments.root or client.root_dir, setup)
      vim.cmd.edit(vim.fn.fnameescape(path))
    end
    show_report(client, arguments, report, 'created the builder ' .. report.image)
  end)
end

--- Returns the prompt before an image is retired, with the files that are affected.
---@param name string
---@param report image_scripts.ChangeReport
---@return string
local function retire_prompt(name, report)
  local lines = { ('Retire %s?'):format(name) }
  for _, path in ipairs(report.deleted) do
    table.insert(lines, 'deletes  ' .. path)
  end
  for _, path in ipairs(report.edited) do
    table.insert(lines, 'changes  ' .. path)
  end
  return table.concat(vim.tbl_map(plain.line, lines), '\n')
end

--- Retires an image. Undo does not restore deleted files, so the user is asked first, unless `force`
--- is set.
---@param client vim.lsp.Client
---@param arguments image_scripts.RetireImage
---@param force? boolean
function M.retire(client, arguments, force)
  local function retire()
    execute(client, 'retireImage', arguments, function(report)
      show_report(client, arguments, report, 'retired ' .. arguments.name)
    end)
  end
  if force then
    return retire()
  end
  local dry_run = vim.tbl_extend('force', arguments, { dryRun = true })
  execute(client, 'retireImage', dry_run, function(report)
    local prompt = retire_prompt(arguments.name, report)
    if vim.fn.confirm(prompt, '&Retire\n&Cancel', 2, 'Question') == 1 then
      retire()
    end
  end)
end

--- Renames an image.
---@param client vim.lsp.Client
---@param arguments image_scripts.RenameImage
function M.rename(client, arguments)
  execute(client, 'renameImage', arguments, function(report)
    local summary = ('renamed %s to %s'):format(arguments.old, arguments.new)
    show_report(client, arguments, report, summary)
  end)
end

--- Gives an image a new point release, package build number, or value of a variable.
---@param client vim.lsp.Client
---@param arguments image_scripts.BumpImage
function M.bump(client, arguments)
  execute(client, 'bumpImage', arguments, function(report)
    show_report(client, arguments, report, 'bumped ' .. arguments.name)
  end)
end

return M
