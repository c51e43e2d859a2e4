-- `:ImageScripts`: its subcommands, their arguments, and completion.

local notify = require('image_scripts.notify')
local server = require('image_scripts.server')

local M = {}

--- Arguments of a subcommand.
---@class image_scripts.Arguments
---@field names string[] Words without a `=`.
---@field values table<string, string> The other words, split at the `=`.
---@field bang boolean
---@field mods table Modifiers as in |nvim_parse_cmd()|.

---@class image_scripts.Subcommand
---@field usage string
---@field max integer Maximum number of names.
---@field min? integer
---@field keys? string[] Keys that take a value; `VAR` is any variable.
---@field images? integer Number of names that are existing images.
---@field execute fun(arguments: image_scripts.Arguments)
---@field complete? fun(): string[] Names to complete, besides those of images.
---@field values? fun(key: string): string[] Values to complete, where they are its own.

-- These are loaded when they are used: they are not needed to complete a subcommand.

local function images()
  return require('image_scripts.images')
end

local function change()
  return require('image_scripts.change')
end

--- Calls back with the client and the image that a subcommand is meant for.
---@param arguments image_scripts.Arguments
---@param prompt string
---@param callback fun(client: vim.lsp.Client, name: string)
local function with_image(arguments, prompt, callback)
  server.with_client(function(client)
    images().choose(client, arguments.names[1], prompt, function(name)
      callback(client, name)
    end)
  end)
end

--- Returns a subcommand that is executed with the client that it is meant for.
---@param subcommand table The subcommand without what executes it.
---@param act fun(client: vim.lsp.Client, arguments: image_scripts.Arguments)
---@return image_scripts.Subcommand
local function with_client(subcommand, act)
  subcommand.execute = function(arguments)
    server.with_client(function(client)
      act(client, arguments)
    end)
  end
  return subcommand
end

---@type table<string, image_scripts.Subcommand>
local SUBCOMMANDS = {}

SUBCOMMANDS.new = with_client({
  usage = 'new [NAME] [like=IMAGE] [replace=IMAGE] [builder=BUILDER] [tags=TAG,...] [cgroup=all|v1|v2]'
    .. ' [init=systemd|other] [keep-tested=yes] [plain=yes] [force=yes] [untracked=delete]',
  max = 1,
  keys = {
    'like',
    'replace',
    'builder',
    'tags',
    'cgroup',
    'init',
    'keep-tested',
    'plain',
    'force',
    'untracked',
  },
  complete = function()
    return { images().proposal_now() }
  end,
}, function(client, arguments)
  local values = arguments.values
  ---@type image_scripts.NewImage
  local new_image = {
    name = arguments.names[1],
    like = values.like,
    replace = values.replace,
    builder = values.builder,
    cgroup = values.cgroup,
    init = values.init,
    keepTested = values['keep-tested'] == 'yes' or nil,
    plain = values.plain == 'yes' or nil,
    force = values.force == 'yes' or nil,
    untracked = values.untracked == 'delete' or nil,
  }
  if values.tags == '' then
    new_image.noTags = true
  elseif values.tags then
    new_image.tags = vim.split(values.tags, ',', { trimempty = true })
  end
  change().new(client, new_image, nil, arguments.bang)
end)

SUBCOMMANDS['new-builder'] = with_client({
  usage = 'new-builder NAME [like=BUILDER] [from=DIST:RELEASE]',
  min = 1,
  max = 1,
  keys = { 'like', 'from' },
  values = function(key)
    return key == 'like' and images().builders_now() or images().published_now()
  end,
}, function(client, arguments)
  local values = arguments.values
  change().new_builder(client, {
    name = arguments.names[1],
    like = values.like,
    from = values.from,
  })
end)

SUBCOMMANDS.retire = {
  usage = 'retire [IMAGE] [untracked=delete]',
  max = 1,
  keys = { 'untracked' },
  images = 1,
  execute = function(arguments)
    local untracked = arguments.values.untracked == 'delete' or nil
    with_image(arguments, 'Retire which image?', function(client, name)
      change().retire(client, { name = name, untracked = untracked }, arguments.bang)
    end)
  end,
}

SUBCOMMANDS.rename = with_client({
  usage = 'rename OLD NEW [force=yes]',
  min = 2,
  max = 2,
  keys = { 'force' },
  images = 1,
}, function(client, arguments)
  change().rename(client, {
    old = arguments.names[1],
    new = arguments.names[2],
    force = arguments.values.force == 'yes' or nil,
  })
end)

SUBCOMMANDS.bump = {
  usage = 'bump [IMAGE] [pointver=VERSION] [build=NUMBER] [VAR=VALUE] [force=yes]',
  max = 1,
  keys = { 'pointver', 'build', 'force', 'VAR' },
  images = 1,
  execute = function(arguments)
    local bump, variables = {}, {}
    for key, value in pairs(arguments.values) do
      if key == 'force' then
        bump.force = value == 'yes' or nil
      elseif key == 'pointver' or key == 'build' then
        bump[key] = value
      else
        variables[key] = value
      end
    end
    if next(variables) ~= nil then
      bump.set = variables
    elseif not bump.pointver and not bump.build then
      return notify.error('nothing to bump: pass `pointver=`, `build=` or `VAR=`')
    end
    with_image(arguments, 'Bump which image?', function(client, name)
      bump.name = name
      change().bump(client, bump)
    end)
  end,
}

SUBCOMMANDS.status = {
  usage = 'status',
  max = 0,
  execute = function(arguments)
    require('image_scripts.status').open(arguments.mods)
  end,
}

SUBCOMMANDS.findings = with_client({ usage = 'findings', max = 0 }, function(client)
  -- A server that has just been started sends its findings before it responds to this.
  images().all(client, function()
    require('image_scripts.quickfix').open_findings(client)
  end)
end)

SUBCOMMANDS.verify = with_client({
  usage = 'verify [upstream=IMAGE|all] [private=yes]',
  max = 0,
  keys = { 'upstream', 'private' },
  values = function(key)
    if key == 'private' then
      return { 'yes' }
    end
    return vim.list_extend({ 'all' }, images().names_now())
  end,
}, function(client, arguments)
  local image = arguments.values.upstream
  if image then
    local query = { image = image, private = arguments.values.private == 'yes' }
    return require('image_scripts.upstream').open(client, query)
  end
  -- A server that has just been started has read the checkout when it responds to this.
  images().all(client, function()
    require('image_scripts.verify').open(client)
  end)
end)

--- Returns a subcommand that does something with an image, and changes nothing.
---@param usage string
---@param prompt string
---@param act fun(client: vim.lsp.Client, name: string, arguments: image_scripts.Arguments)
---@return image_scripts.Subcommand
local function about_image(usage, prompt, act)
  return {
    usage = usage,
    max = 1,
    images = 1,
    execute = function(arguments)
      with_image(arguments, prompt, function(client, name)
        act(client, name, arguments)
      end)
    end,
  }
end

SUBCOMMANDS.test = about_image('test [IMAGE]', 'Test which image?', function(client, name)
  require('image_scripts.test_runner').execute_for_image(client, 'test', name)
end)

SUBCOMMANDS.tests = about_image(
  'tests [IMAGE]',
  'List the tests of which image?',
  function(client, name)
    require('image_scripts.test_runner').execute_for_image(client, 'ls', name)
  end
)

SUBCOMMANDS.render = about_image(
  'render [IMAGE]',
  'Show the script of which image?',
  function(client, name, arguments)
    require('image_scripts.render').open(client, name, arguments.mods)
  end
)

SUBCOMMANDS.policy = {
  usage = 'policy [IMAGE] [OTHER]',
  max = 2,
  images = 2,
  execute = function(arguments)
    with_image(arguments, 'Show the policy of which image?', function(client, name)
      local query = { image = name, other = arguments.names[2] }
      require('image_scripts.policy').open(client, query, arguments.mods)
    end)
  end,
}

SUBCOMMANDS.triage = with_client({ usage = 'triage [FILE]', max = 1 }, function(client, arguments)
  require('image_scripts.triage').open(client, arguments.names[1])
end)

SUBCOMMANDS.fix = {
  usage = 'fix',
  max = 0,
  execute = function()
    if require('image_scripts.upstream').fix() then
      return
    end
    server.with_client(function(client)
      require('image_scripts.triage').fix(client)
    end)
  end,
}

SUBCOMMANDS.describe = with_client({
  usage = 'describe [BASE]',
  max = 1,
  complete = function()
    return { 'HEAD', 'HEAD~1', '@{upstream}' }
  end,
}, function(client, arguments)
  require('image_scripts.describe').open(client, arguments.names[1], arguments.mods)
end)

SUBCOMMANDS.list = with_client({ usage = 'list', max = 0 }, function(client)
  images().list(client)
end)

SUBCOMMANDS.undo = {
  usage = 'undo',
  max = 0,
  execute = function()
    local problem = require('image_scripts.edit').undo()
    if problem then
      return notify.error(problem)
    end
    notify.info('the change is undone')
  end,
}

SUBCOMMANDS.next = {
  usage = 'next',
  max = 0,
  execute = function(arguments)
    require('image_scripts.next_steps').open(arguments.mods)
  end,
}

SUBCOMMANDS.restart = {
  usage = 'restart',
  max = 0,
  execute = function()
    server.restart()
  end,
}

SUBCOMMANDS.log = {
  usage = 'log',
  max = 0,
  execute = function(arguments)
    require('image_scripts.log').open(arguments.mods)
  end,
}

---@return string[]
local function subcommand_names()
  local names = vim.tbl_keys(SUBCOMMANDS)
  table.sort(names)
  return names
end

--- Tells whether a subcommand takes a value for a key.
---@param subcommand image_scripts.Subcommand
---@param key string
---@return boolean
local function takes(subcommand, key)
  local keys = subcommand.keys or {}
  local is_variable = key:match('^[%a_][%w_]*$') ~= nil and vim.list_contains(keys, 'VAR')
  return vim.list_contains(keys, key) or is_variable
end

--- Parses the words after a subcommand; returns nil if the subcommand does not take them.
---@param subcommand image_scripts.Subcommand
---@param words string[]
---@return string[]? names
---@return table<string, string>? values
local function parse(subcommand, words)
  local names, values = {}, {}
  for _, word in ipairs(words) do
    local key, value = word:match('^([^=]+)=(.*)$')
    if not key then
      table.insert(names, word)
    elseif takes(subcommand, key) then
      values[key] = value
    else
      return nil
    end
  end
  if #names > subcommand.max or #names < (subcommand.min or 0) then
    return nil
  end
  return names, values
end

--- Executes `:ImageScripts`.
---@param args vim.api.keyset.create_user_command.command_args
function M.execute(args)
  local name = args.fargs[1] or 'status'
  local subcommand = SUBCOMMANDS[name]
  if not subcommand then
    local names = table.concat(subcommand_names(), ', ')
    return notify.error(('there is no subcommand `%s`: use one of %s'):format(name, names))
  end
  local names, values = parse(subcommand, vim.list_slice(args.fargs, 2))
  if not names then
    return notify.error('usage: :ImageScripts ' .. subcommand.usage)
  end
  subcommand.execute({ names = names, values = values, bang = args.bang, mods = args.smods })
end

--- Keys whose values are images.
local IMAGE_KEYS = { like = true, replace = true }

--- Keys whose only value is `yes`.
local YES_KEYS = { force = true, plain = true, ['keep-tested'] = true }

--- Returns the words that complete the value of a key.
---@param subcommand image_scripts.Subcommand
---@param key string
---@return string[]
local function value_candidates(subcommand, key)
  local values = {}
  if not vim.list_contains(subcommand.keys or {}, key) then
    return values
  elseif subcommand.values then
    values = subcommand.values(key)
  elseif IMAGE_KEYS[key] then
    values = images().names_now()
  elseif key == 'builder' then
    values = images().builders_now()
  elseif key == 'cgroup' then
    values = { 'all', 'v1', 'v2' }
  elseif key == 'init' then
    values = { 'systemd', 'other' }
  elseif key == 'untracked' then
    values = { 'delete' }
  elseif YES_KEYS[key] then
    values = { 'yes' }
  end
  return vim.tbl_map(function(value)
    return key .. '=' .. value
  end, values)
end

--- Returns the words that may come next.
---@param subcommand image_scripts.Subcommand
---@param before string[] Words between the subcommand and the one to complete.
---@param lead string
---@return string[]
local function candidates(subcommand, before, lead)
  local lead_key = lead:match('^([^=]+)=')
  if lead_key then
    return value_candidates(subcommand, lead_key)
  end
  local names, used = 0, {}
  for _, word in ipairs(before) do
    local key = word:match('^([^=]+)=')
    if key then
      used[key] = true
    else
      names = names + 1
    end
  end
  local found = {}
  if names < (subcommand.images or 0) then
    vim.list_extend(found, images().names_now())
  end
  if names < subcommand.max and subcommand.complete then
    vim.list_extend(found, subcommand.complete())
  end
  for _, key in ipairs(subcommand.keys or {}) do
    if key ~= 'VAR' and not used[key] then
      table.insert(found, key .. '=')
    end
  end
  return found
end

--- Completes a word of `:ImageScripts`.
---@param lead string Beginning of the word.
---@param line string The command line.
---@param position integer Position of the cursor in it.
---@return string[]
function M.complete(lead, line, position)
  local words = vim.split(line:sub(1, position - #lead), '%s+', { trimempty = true })
  -- Modifiers like `:vertical` may come before the command.
  while #words > 0 and not words[1]:match('^ImageS') do
    table.remove(words, 1)
  end
  local name = words[2]
  local found = subcommand_names()
  if name then
    local subcommand = SUBCOMMANDS[name]
    found = subcommand and candidates(subcommand, vim.list_slice(words, 3), lead) or {}
  end
  -- A name with blanks or control characters is no word: the command line would be another one.
  return vim.tbl_filter(function(word)
    return vim.startswith(word, lead) and not word:find('[%c%s]')
  end, found)
end

return M
