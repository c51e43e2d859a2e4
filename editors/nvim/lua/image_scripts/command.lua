-- `:ImageScripts`: what it takes, how it is completed, and what it leads to.

local client_of = require('image_scripts.client')
local tell = require('image_scripts.tell')

local M = {}

--- The words behind a subcommand.
---@class image_scripts.Words
---@field names string[] Those without a `=`.
---@field values table<string, string> The others, by what is before it.
---@field bang boolean
---@field mods table

---@class image_scripts.Subcommand
---@field usage string
---@field most integer How many names it takes.
---@field least? integer
---@field keys? string[] What may stand before a `=`; `VAR` is any variable.
---@field images? integer How many of the names are those of images that there are.
---@field run fun(words: image_scripts.Words)
---@field complete? fun(): string[] More than the names of images.

local function images()
  return require('image_scripts.images')
end

local function change()
  return require('image_scripts.change')
end

--- Calls with the client and the image that is meant.
---@param words image_scripts.Words
---@param prompt string
---@param callback fun(client: vim.lsp.Client, name: string)
local function with_image(words, prompt, callback)
  client_of.with(function(client)
    images().choose(client, words.names[1], prompt, function(name)
      callback(client, name)
    end)
  end)
end

---@type table<string, image_scripts.Subcommand>
local SUBCOMMANDS = {}

SUBCOMMANDS.new = {
  usage = 'new [NAME] [like=IMAGE] [replace=IMAGE] [builder=BUILDER] [tags=TAG,...] [cgroup=all|v1|v2]',
  most = 1,
  keys = { 'like', 'replace', 'builder', 'tags', 'cgroup' },
  complete = function()
    return { images().proposal_now() }
  end,
  run = function(words)
    local values = words.values
    local request = {
      name = words.names[1],
      like = values.like,
      replace = values.replace,
      builder = values.builder,
      cgroup = values.cgroup,
    }
    if values.tags == '' then
      request.noTags = true
    elseif values.tags then
      request.tags = vim.split(values.tags, ',', { trimempty = true })
    end
    client_of.with(function(client)
      change().new(client, request)
    end)
  end,
}

SUBCOMMANDS.retire = {
  usage = 'retire [IMAGE]',
  most = 1,
  images = 1,
  run = function(words)
    with_image(words, 'Retire which image?', function(client, name)
      change().retire(client, { name = name }, words.bang)
    end)
  end,
}

SUBCOMMANDS.rename = {
  usage = 'rename OLD NEW',
  least = 2,
  most = 2,
  images = 1,
  run = function(words)
    client_of.with(function(client)
      change().rename(client, { old = words.names[1], new = words.names[2] })
    end)
  end,
}

SUBCOMMANDS.bump = {
  usage = 'bump [IMAGE] [pointver=VERSION] [build=NUMBER] [VAR=VALUE]',
  most = 1,
  keys = { 'pointver', 'build', 'VAR' },
  images = 1,
  run = function(words)
    local request = { set = {} }
    for key, value in pairs(words.values) do
      if key == 'pointver' or key == 'build' then
        request[key] = value
      else
        request.set[key] = value
      end
    end
    if next(words.values) == nil then
      return tell.error('say what is new: `pointver=`, `build=` or `VAR=`')
    end
    if next(request.set) == nil then
      request.set = nil
    end
    with_image(words, 'Bump which image?', function(client, name)
      request.name = name
      change().bump(client, request)
    end)
  end,
}

SUBCOMMANDS.status = {
  usage = 'status',
  most = 0,
  run = function(words)
    require('image_scripts.status').open(words.mods)
  end,
}

SUBCOMMANDS.findings = {
  usage = 'findings',
  most = 0,
  run = function()
    client_of.with(function(client)
      -- A server that was started for this has told of its findings when it answers.
      images().all(client, function()
        local namespace = vim.lsp.diagnostic.get_namespace(client.id)
        vim.diagnostic.setqflist({ namespace = namespace, title = 'image-scripts' })
        if #vim.diagnostic.get(nil, { namespace = namespace }) == 0 then
          tell.info('there are no findings')
        end
      end)
    end)
  end,
}

SUBCOMMANDS.test = {
  usage = 'test [IMAGE]',
  most = 1,
  images = 1,
  run = function(words)
    with_image(words, 'Test which image?', function(client, name)
      require('image_scripts.test').of_image(client, 'test', name)
    end)
  end,
}

SUBCOMMANDS.list = {
  usage = 'list [IMAGE]',
  most = 1,
  images = 1,
  run = function(words)
    with_image(words, 'List the tests of which image?', function(client, name)
      require('image_scripts.test').of_image(client, 'ls', name)
    end)
  end,
}

SUBCOMMANDS.restart = {
  usage = 'restart',
  most = 0,
  run = function()
    client_of.restart()
  end,
}

SUBCOMMANDS.log = {
  usage = 'log',
  most = 0,
  run = function(words)
    require('image_scripts.log').open(words.mods)
  end,
}

---@return string[]
local function names()
  local found = vim.tbl_keys(SUBCOMMANDS)
  table.sort(found)
  return found
end

--- Whether a subcommand takes a value under a key.
---@param subcommand image_scripts.Subcommand
---@param key string
local function takes(subcommand, key)
  local keys = subcommand.keys or {}
  local is_variable = key:match('^[%a_][%w_]*$') ~= nil and vim.list_contains(keys, 'VAR')
  return vim.list_contains(keys, key) or is_variable
end

--- Reads the words behind a subcommand; nil if they are not what it takes.
---@param subcommand image_scripts.Subcommand
---@param words string[]
local function read(subcommand, words)
  local found, values = {}, {}
  for _, word in ipairs(words) do
    local key, value = word:match('^([^=]+)=(.*)$')
    if not key then
      table.insert(found, word)
    elseif takes(subcommand, key) then
      values[key] = value
    else
      return nil
    end
  end
  if #found > subcommand.most or #found < (subcommand.least or 0) then
    return nil
  end
  return found, values
end

--- Carries out `:ImageScripts`.
---@param args vim.api.keyset.create_user_command.command_args
function M.run(args)
  local words = vim.list_slice(args.fargs, 2)
  local name = args.fargs[1]
  local subcommand = SUBCOMMANDS[name]
  if not subcommand then
    local all = table.concat(names(), ', ')
    local what = name and ('there is no `:ImageScripts %s`'):format(name) or 'say what to do'
    return tell.error(('%s: one of %s'):format(what, all))
  end
  local found, values = read(subcommand, words)
  if not found then
    return tell.error('usage: :ImageScripts ' .. subcommand.usage)
  end
  subcommand.run({ names = found, values = values, bang = args.bang, mods = args.smods })
end

--- Values that are images, by key.
local IMAGES = { like = true, replace = true }

--- What may follow the words so far.
---@param subcommand image_scripts.Subcommand
---@param before string[] The words between the subcommand and the one being written.
---@param lead string
---@return string[]
local function candidates(subcommand, before, lead)
  local key = lead:match('^([^=]+)=')
  if key then
    local values = {}
    if IMAGES[key] then
      values = images().names_now()
    elseif key == 'builder' then
      values = images().builders_now()
    elseif key == 'cgroup' then
      values = { 'all', 'v1', 'v2' }
    end
    return vim.tbl_map(function(value)
      return key .. '=' .. value
    end, values)
  end
  local given, used = 0, {}
  for _, word in ipairs(before) do
    local of = word:match('^([^=]+)=')
    if of then
      used[of] = true
    else
      given = given + 1
    end
  end
  local found = {}
  if given < (subcommand.images or 0) then
    vim.list_extend(found, images().names_now())
  end
  if given < subcommand.most and subcommand.complete then
    vim.list_extend(found, subcommand.complete())
  end
  for _, one in ipairs(subcommand.keys or {}) do
    if one ~= 'VAR' and not used[one] then
      table.insert(found, one .. '=')
    end
  end
  return found
end

--- Completes a word of `:ImageScripts`.
---@param lead string What is written of it.
---@param line string The command line.
---@param position integer Where the cursor is in it.
---@return string[]
function M.complete(lead, line, position)
  local words = vim.split(line:sub(1, position - #lead), '%s+', { trimempty = true })
  -- The command itself, behind modifiers like `:vertical`.
  while #words > 0 and not words[1]:match('^ImageS') do
    table.remove(words, 1)
  end
  local subcommand = SUBCOMMANDS[words[2]]
  local found = names()
  if words[2] then
    found = subcommand and candidates(subcommand, vim.list_slice(words, 3), lead) or {}
  end
  return vim.tbl_filter(function(word)
    return vim.startswith(word, lead)
  end, found)
end

return M
