-- Changes of a checkout: creates, retires, renames and bumps images, and creates builders. The server
-- computes the edits, which `edit.lua` applies.

local edit = require('image_scripts.edit')
local images = require('image_scripts.images')
local next_steps = require('image_scripts.next_steps')
local notify = require('image_scripts.notify')
local plain = require('image_scripts.plain')
local quickfix = require('image_scripts.quickfix')
local server = require('image_scripts.server')
local syntax = require('image_scripts.syntax')

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
  if not arguments.dryRun then
    changing[client.id] = true
  end
  ---@param report image_scripts.ChangeReport
  server.request(client, 'workspace/executeCommand', params, function(report)
    changing[client.id] = nil
    for _, note in ipairs(report.notes) do
      note.message = syntax.own(note.message)
    end
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
  -- A value that is in several lines, such as the build number of packages, is one item.
  local seen = {}
  for _, verify in ipairs(report.verify) do
    local value = verify.key and verify.key .. '\n' .. verify.why
    if not value or not seen[value] then
      local text = ('%s: %s'):format(verify.why, verify.resolved or verify.text)
      add(verify.path, verify.range, verify.key and verify.key .. ': ' .. text or text, 'I')
      seen[value or ''] = true
    end
  end
  for _, note in ipairs(report.notes) do
    if note.path then
      add(note.path, note.range, note.message, 'W')
    end
  end
  return items
end

--- What the user is asked and told about a change.
---@class image_scripts.ChangeTexts
---@field summary string What was done.
---@field detail? string What may follow the summary.
---@field prompt string To ask before something is deleted.
---@field button string
---@field revert? string Command that takes it back.

--- Tells the user what came of a change.
---@param client vim.lsp.Client
---@param root string
---@param report image_scripts.ChangeReport
---@param texts image_scripts.ChangeTexts
---@param written boolean
local function show_report(client, root, report, texts, written)
  if not report.applied then
    return notify.error('nothing was changed: ' .. (report.reason or 'no reason was given'))
  end
  if report.failed then
    -- The server has already shown the error.
    return
  end
  local title = texts.summary .. (texts.detail or '')
  next_steps.add(root, title, report, written, texts.revert)
  local items = open_points(client, root, report)
  local details = { texts.detail or '' }
  if #items > 0 then
    quickfix.open('image-scripts: ' .. title, items)
    table.insert(details, ('; %d to verify'):format(#items))
  end
  if #report.created + #report.edited > 0 then
    table.insert(details, written and '; it is written' or '; `:wall` writes it')
  end
  -- Clears the names of opened files and the prompts: a message below them would make Neovim wait
  -- for <Enter>.
  vim.cmd.redraw()
  notify.info_fitting(texts.summary, details, '; `:ImageScripts next`')
end

--- Asks the user before something is deleted, and names it all: undo does not restore it.
---@param report image_scripts.ChangeReport
---@param texts image_scripts.ChangeTexts
---@return boolean
local function confirm(report, texts)
  local lines = { texts.prompt }
  vim.list_extend(lines, next_steps.file_lines(report))
  if #report.created + #report.edited > 0 then
    table.insert(lines, 'All of it is written at once.')
  end
  local prompt = table.concat(vim.tbl_map(plain.line, lines), '\n')
  return vim.fn.confirm(prompt, ('&%s\n&Cancel'):format(texts.button), 2, 'Question') == 1
end

--- How a change is made.
---@class image_scripts.ChangeOptions
---@field command string
---@field texts fun(report: image_scripts.ChangeReport): image_scripts.ChangeTexts
---@field force? boolean Do not ask before something is deleted.
---@field on_refusal? fun(message: string)
---@field on_applied? fun(root: string, report: image_scripts.ChangeReport)

--- Makes a change, once it is known to be possible and the user has confirmed what it deletes.
---@param client vim.lsp.Client
---@param arguments image_scripts.CommandArguments
---@param options image_scripts.ChangeOptions
local function make(client, arguments, options)
  local root = arguments.root or client.root_dir
  local command = options.command
  local dry_run = vim.tbl_extend('force', arguments, { dryRun = true })
  execute(client, command, dry_run, function(simulated)
    local unsaved = edit.unsaved(root, simulated)
    if unsaved then
      return notify.error('nothing was changed: ' .. unsaved)
    end
    local must_ask = #simulated.deleted > 0 and not options.force
    if must_ask and not confirm(simulated, options.texts(simulated)) then
      return
    end
    local expected = edit.expect(simulated)
    execute(client, command, arguments, function(report)
      edit.expect_nothing()
      if report.applied and options.on_applied then
        options.on_applied(root, report)
      end
      show_report(client, root, report, options.texts(report), expected.written)
    end, function(message)
      edit.expect_nothing()
      notify.error(message)
    end)
  end, options.on_refusal)
end

--- Creates an image, unless the server refuses.
---@param client vim.lsp.Client
---@param arguments image_scripts.NewImage
---@param force? boolean Do not ask before another image is deleted.
---@param on_refusal fun(message: string)
local function create(client, arguments, force, on_refusal)
  make(client, arguments, {
    command = 'newImage',
    force = force,
    on_refusal = on_refusal,
    texts = function(report)
      local replaced = arguments.replace and (' and retire %s'):format(arguments.replace) or ''
      return {
        summary = 'created ' .. report.image,
        detail = report.like and (' like ' .. report.like) or ' from scratch',
        prompt = ('Create %s%s?'):format(report.image, replaced),
        button = 'Create',
        revert = 'retire ' .. report.image,
      }
    end,
  })
end

--- Asks for the name of a new image until the server accepts it.
---@param client vim.lsp.Client
---@param arguments image_scripts.NewImage
---@param force? boolean
---@param default? string
local function ask_for_name(client, arguments, force, default)
  local like = arguments.like and (' like ' .. arguments.like) or ''
  vim.ui.input({ prompt = ('New image%s: '):format(like), default = default }, function(name)
    name = vim.trim(name or '')
    if name == '' then
      return
    end
    local named = vim.tbl_extend('force', arguments, { name = name })
    create(client, named, force, function(message)
      notify.error(message)
      ask_for_name(client, arguments, force, name)
    end)
  end)
end

--- Creates an image. The user is asked for a missing name.
---@param client vim.lsp.Client
---@param arguments image_scripts.NewImage
---@param proposal? string Name to begin with when asking.
---@param force? boolean Do not ask before another image is deleted.
function M.new(client, arguments, proposal, force)
  if arguments.name then
    create(client, arguments, force, notify.error)
  elseif proposal then
    ask_for_name(client, arguments, force, proposal)
  elseif arguments.like then
    images.proposal(client, arguments.like, function(next)
      ask_for_name(client, arguments, force, next)
    end)
  else
    images.at_cursor(client, function(_, next)
      ask_for_name(client, arguments, force, next)
    end)
  end
end

--- Creates a builder, and shows what it installs.
---@param client vim.lsp.Client
---@param arguments image_scripts.NewBuilder
function M.new_builder(client, arguments)
  make(client, arguments, {
    command = 'newBuilder',
    texts = function(report)
      return {
        summary = 'created the builder ' .. report.image,
        prompt = ('Create the builder %s?'):format(report.image),
        button = 'Create',
      }
    end,
    on_applied = function(root, report)
      local setup = vim.iter(report.created):find(function(path)
        return vim.endswith(path, '/setup.sh')
      end)
      if setup then
        vim.cmd.edit(vim.fn.fnameescape(vim.fs.joinpath(root, setup)))
      end
    end,
  })
end

--- Retires an image.
---@param client vim.lsp.Client
---@param arguments image_scripts.RetireImage
---@param force? boolean Do not ask.
function M.retire(client, arguments, force)
  make(client, arguments, {
    command = 'retireImage',
    force = force,
    texts = function()
      return {
        summary = 'retired ' .. arguments.name,
        prompt = ('Retire %s?'):format(arguments.name),
        button = 'Retire',
      }
    end,
  })
end

--- Renames an image.
---@param client vim.lsp.Client
---@param arguments image_scripts.RenameImage
function M.rename(client, arguments)
  make(client, arguments, {
    command = 'renameImage',
    texts = function()
      return {
        summary = ('renamed %s to %s'):format(arguments.old, arguments.new),
        prompt = ('Rename %s to %s?'):format(arguments.old, arguments.new),
        button = 'Rename',
        revert = ('rename %s %s%s'):format(
          arguments.new,
          arguments.old,
          arguments.force and ' force=yes' or ''
        ),
      }
    end,
  })
end

--- Masks a unit in an image, as another one does.
---@param client vim.lsp.Client
---@param arguments { root?: string, name: string, unit: string, like?: string, into: 'image'|'include' }
function M.mask(client, arguments)
  make(client, arguments, {
    command = 'maskUnit',
    texts = function(report)
      return {
        summary = report.title,
        prompt = report.title .. '?',
        button = 'Mask',
      }
    end,
  })
end

--- Gives an image a new point release, package build number, or value of a variable.
---@param client vim.lsp.Client
---@param arguments image_scripts.BumpImage
function M.bump(client, arguments)
  make(client, arguments, {
    command = 'bumpImage',
    texts = function()
      return {
        summary = 'bumped ' .. arguments.name,
        prompt = ('Bump %s?'):format(arguments.name),
        button = 'Bump',
      }
    end,
  })
end

return M
