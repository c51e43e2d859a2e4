-- Asks the server which images there are, and finds out which one a command is meant for.

local checkout = require('image_scripts.checkout')
local notify = require('image_scripts.notify')
local quickfix = require('image_scripts.quickfix')
local server = require('image_scripts.server')

local M = {}

--- Calls back with all images of the checkouts that a client has open.
---@param client vim.lsp.Client
---@param callback fun(checkouts: image_scripts.Checkout[])
function M.all(client, callback)
  ---@param result image_scripts.Images
  server.request(client, 'imageScripts/images', nil, function(result)
    callback(result.checkouts)
  end)
end

--- Lists all images in the quickfix list, each with what it is published as.
---@param client vim.lsp.Client
function M.list(client)
  M.all(client, function(checkouts)
    local start = { line = 0, character = 0 }
    local items = {}
    for _, one in ipairs(checkouts) do
      for _, image in ipairs(one.images) do
        local uri = image.uri or vim.uri_from_fname(checkout.build_script(one.root, image.image))
        local location = { uri = uri, range = { start = start, ['end'] = start } }
        local state = image.published and ('published ' .. table.concat(image.tags, ' '))
          or image.declared
          or image.published == false and 'not published'
          or ''
        local text = vim.trim(('%s  %s'):format(image.image, state))
        if #checkouts > 1 then
          text = ('%s: %s'):format(checkout.label(one.root), text)
        end
        table.insert(items, quickfix.item(location, client.offset_encoding, text))
      end
    end
    quickfix.open('image-scripts: images', items)
  end)
end

---@param checkouts image_scripts.Checkout[]
---@return string[]
local function names(checkouts)
  local found = {}
  for _, one in ipairs(checkouts) do
    for _, image in ipairs(one.images) do
      table.insert(found, image.image)
    end
  end
  return found
end

--- Returns the names of all images without a callback, to complete a word.
---@return string[]
function M.names_now()
  ---@type image_scripts.Images?
  local result = server.request_now('imageScripts/images')
  return result and names(result.checkouts) or {}
end

--- Returns the names of all builders without a callback, to complete a word.
---@return string[]
function M.builders_now()
  ---@type image_scripts.Images?
  local result = server.request_now('imageScripts/images')
  local found = {}
  for _, one in ipairs(result and result.checkouts or {}) do
    for _, builder in ipairs(one.builders or {}) do
      table.insert(found, builder.name)
    end
  end
  return found
end

--- Returns the published releases, as `DISTRIBUTION:RELEASE`, without a callback, to complete a word.
---@return string[]
function M.published_now()
  ---@type image_scripts.Images?
  local result = server.request_now('imageScripts/images')
  local found = {}
  for _, one in ipairs(result and result.checkouts or {}) do
    for _, image in ipairs(one.images) do
      local release = ('%s:%s'):format(image.distribution, image.release)
      local is_one = image.published and image.distribution and image.release
      if is_one and not vim.list_contains(found, release) then
        table.insert(found, release)
      end
    end
  end
  return found
end

--- Returns the parameters of `imageScripts/imagesAt`; by default for the start of the file.
---@param uri string
---@param range? lsp.Range
local function params_at(uri, range)
  local start = { line = 0, character = 0 }
  return {
    textDocument = { uri = uri },
    range = range or { start = start, ['end'] = start },
    context = { diagnostics = {} },
  }
end

---@param encoding 'utf-8'|'utf-16'|'utf-32'
local function params_at_cursor(encoding)
  local params = vim.lsp.util.make_range_params(0, encoding)
  return params_at(params.textDocument.uri, params.range)
end

--- Calls back with the images at the cursor, in a file or in the table of images, and with a name
--- for the release that follows the first of them.
---@param client vim.lsp.Client
---@param callback fun(images: string[], proposal: string?)
function M.at_cursor(client, callback)
  local listed = require('image_scripts.status').image_at_cursor()
  if listed then
    return M.proposal(client, listed, function(proposal)
      callback({ listed }, proposal)
    end)
  end
  if vim.bo.buftype ~= '' then
    return callback({})
  end
  local params = params_at_cursor(client.offset_encoding)
  ---@param result image_scripts.ImagesAt?
  server.request(client, 'imageScripts/imagesAt', params, function(result)
    callback(result and result.images or {}, result and result.proposal)
  end)
end

--- Returns a name for the release that follows the image at the cursor, to complete a word.
---@return string?
function M.proposal_now()
  if vim.bo.buftype ~= '' then
    return nil
  end
  ---@type image_scripts.ImagesAt?
  local result = server.request_now('imageScripts/imagesAt', params_at_cursor('utf-8'))
  return result and result.proposal
end

--- Calls back with a name for the release that follows an image.
---@param client vim.lsp.Client
---@param image string
---@param callback fun(proposal: string?)
function M.proposal(client, image, callback)
  local script = checkout.build_script(client.root_dir, image)
  local params = params_at(vim.uri_from_fname(script))
  ---@param result image_scripts.ImagesAt?
  server.request(client, 'imageScripts/imagesAt', params, function(result)
    callback(result and result.proposal)
  end)
end

--- Calls back with the image that a command is meant for: the given one, or else the one at the
--- cursor. The user chooses if that is ambiguous.
---@param client vim.lsp.Client
---@param name? string
---@param prompt string
---@param callback fun(name: string)
function M.choose(client, name, prompt, callback)
  local function choose_from(images)
    if #images == 0 then
      return notify.error('this checkout has no images: create one with `:ImageScripts new`')
    end
    vim.ui.select(images, { prompt = prompt, kind = 'image-scripts' }, function(choice)
      if choice then
        callback(choice)
      end
    end)
  end
  if name then
    return callback(name)
  end
  M.at_cursor(client, function(images)
    if #images == 1 then
      callback(images[1])
    elseif #images > 1 then
      choose_from(images)
    else
      M.all(client, function(checkouts)
        choose_from(names(checkouts))
      end)
    end
  end)
end

return M
