-- Changes to a checkout: images that come, go, change their name or get a new point release. The
-- server works them out; the files that it changes stay unwritten, so that undo takes them back.

local client_of = require('image_scripts.client')
local images = require('image_scripts.images')
local places = require('image_scripts.places')
local tell = require('image_scripts.tell')

local M = {}

---@class image_scripts.Told What the server tells of a change, before or after it is made.
---@field applied boolean
---@field reason? string Why it was not.
---@field failed? string What of it was not.
---@field image? string
---@field like? string
---@field created? string[]
---@field symlinks? string[][]
---@field edited? string[]
---@field renamed? string[][]
---@field deleted? string[]
---@field verify? { path: string, range: lsp.Range?, text: string, why: string }[]
---@field notes? { path: string?, range: lsp.Range?, message: string }[]

--- Has the server do something, or only say what it would do.
---@param client vim.lsp.Client
---@param command string
---@param request table
---@param callback fun(told: image_scripts.Told)
---@param refused? fun(message: string)
local function execute(client, command, request, callback, refused)
  local arguments = vim.tbl_extend('keep', request, { root = client.root_dir })
  local params = { command = 'imageScripts.' .. command, arguments = { arguments } }
  client_of.request(client, 'workspace/executeCommand', params, callback, refused)
end

--- What is left to be looked at, as items of a quickfix list.
---@param client vim.lsp.Client
---@param root string
---@param told image_scripts.Told
---@return vim.quickfix.entry[]
local function left_over(client, root, told)
  local start = { line = 0, character = 0 }
  local found = {}
  local function add(path, range, text, type)
    local location = {
      uri = vim.uri_from_fname(vim.fs.joinpath(root, path)),
      range = range or { start = start, ['end'] = start },
    }
    table.insert(found, places.item(location, client.offset_encoding, text, type))
  end
  for _, verify in ipairs(told.verify or {}) do
    add(verify.path, verify.range, ('%s: %s'):format(verify.why, verify.text), 'N')
  end
  for _, note in ipairs(told.notes or {}) do
    if note.path then
      add(note.path, note.range, note.message, 'W')
    end
  end
  return found
end

--- Tells of a change that was made.
---@param client vim.lsp.Client
---@param request table
---@param told image_scripts.Told
---@param what string
local function tell_of(client, request, told, what)
  if not told.applied then
    return tell.error('nothing was changed: ' .. (told.reason or 'no reason was given'))
  end
  if told.failed then
    -- The server has said so already.
    return
  end
  local items = left_over(client, request.root or client.root_dir, told)
  local parts = { what }
  if #items > 0 then
    places.open('image-scripts: ' .. what, items)
    table.insert(parts, ('%d to verify'):format(#items))
  end
  if #(told.created or {}) + #(told.edited or {}) > 0 then
    table.insert(parts, '`:wall` writes it')
  end
  -- Neovim has said which files it opened, and what it asked: below that, the message would have
  -- it wait for <Enter>.
  vim.cmd.redraw()
  tell.info(table.concat(parts, '; '))
end

--- Makes a new image, if the server finds nothing against it.
---@param client vim.lsp.Client
---@param request table
---@param refused fun(message: string)
local function make(client, request, refused)
  local dry = vim.tbl_extend('force', request, { dryRun = true })
  execute(client, 'newImage', dry, function()
    execute(client, 'newImage', request, function(told)
      local what = ('made %s like %s'):format(told.image or request.name, told.like or 'nothing')
      tell_of(client, request, told, what)
    end)
  end, refused)
end

--- Asks for the name of a new image until there is one that will do.
---@param client vim.lsp.Client
---@param request table
---@param default? string
local function ask(client, request, default)
  local like = request.like and (' like ' .. request.like) or ''
  vim.ui.input({ prompt = ('New image%s: '):format(like), default = default }, function(name)
    name = vim.trim(name or '')
    if name == '' then
      return
    end
    local named = vim.tbl_extend('force', request, { name = name })
    make(client, named, function(message)
      tell.error(message)
      ask(client, request, name)
    end)
  end)
end

---@class image_scripts.NewImage
---@field name? string
---@field like? string
---@field replace? string
---@field builder? string
---@field tags? string[]
---@field noTags? boolean
---@field cgroup? 'all'|'v1'|'v2'
---@field root? string

--- Makes a new image. Without a name, the user is asked for it.
---@param client vim.lsp.Client
---@param request image_scripts.NewImage
---@param proposal? string A name to begin with, if there is none.
function M.new(client, request, proposal)
  if request.name then
    make(client, request, tell.error)
  elseif proposal then
    ask(client, request, proposal)
  elseif request.like then
    images.proposal(client, request.like, function(next)
      ask(client, request, next)
    end)
  else
    images.at_cursor(client, function(_, next)
      ask(client, request, next)
    end)
  end
end

--- What retiring comes to, in lines.
---@param told image_scripts.Told
---@return string[]
local function consequences(told)
  local lines = {}
  for _, path in ipairs(told.deleted or {}) do
    table.insert(lines, 'deletes  ' .. path)
  end
  for _, path in ipairs(told.edited or {}) do
    table.insert(lines, 'changes  ' .. path)
  end
  return lines
end

--- Retires an image. What is deleted, undo does not bring back: the user is asked, unless `sure`.
---@param client vim.lsp.Client
---@param request { name: string, root?: string }
---@param sure? boolean
function M.retire(client, request, sure)
  local function retire()
    execute(client, 'retireImage', request, function(told)
      tell_of(client, request, told, 'retired ' .. request.name)
    end)
  end
  if sure then
    return retire()
  end
  local dry = vim.tbl_extend('force', request, { dryRun = true })
  execute(client, 'retireImage', dry, function(told)
    local question = { ('Retire %s?'):format(request.name) }
    vim.list_extend(question, consequences(told))
    if vim.fn.confirm(table.concat(question, '\n'), '&Retire\n&Cancel', 2, 'Question') == 1 then
      retire()
    end
  end)
end

--- Gives an image another name.
---@param client vim.lsp.Client
---@param request { old: string, new: string, root?: string }
function M.rename(client, request)
  execute(client, 'renameImage', request, function(told)
    tell_of(client, request, told, ('renamed %s to %s'):format(request.old, request.new))
  end)
end

---@class image_scripts.Bump
---@field name string
---@field pointver? string
---@field build? string
---@field set? table<string, string> Values by variable.
---@field root? string

--- Gives an image a new point release, package build number, or value.
---@param client vim.lsp.Client
---@param request image_scripts.Bump
function M.bump(client, request)
  execute(client, 'bumpImage', request, function(told)
    tell_of(client, request, told, 'bumped ' .. request.name)
  end)
end

return M
