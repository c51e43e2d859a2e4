-- Which images there are, and which one is meant.

local checkout = require('image_scripts.checkout')
local client_of = require('image_scripts.client')
local tell = require('image_scripts.tell')

local M = {}

---@class image_scripts.Image What the server says of an image; what is not known is nil.
---@field image string Its name.
---@field directory string
---@field builder? string
---@field release? string
---@field published? boolean
---@field declared? 'retired'|'unpublished'
---@field tags string[]
---@field rows string[]
---@field groups string[]
---@field findings integer How many are about it.
---@field worst? 'error'|'warning'|'information'|'hint'
---@field test? string Its VM test.
---@field uri? string `build.sh`
---@field problems { code: string, severity: string, message: string, location: lsp.Location? }[]

---@class image_scripts.Checkout
---@field root string
---@field images image_scripts.Image[]
---@field builders { name: string, uri: string? }[]

--- All images of the checkouts that a client has open.
---@param client vim.lsp.Client
---@param callback fun(checkouts: image_scripts.Checkout[])
function M.all(client, callback)
  client_of.request(client, 'imageScripts/images', nil, function(result)
    callback(result.checkouts)
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

--- The names of all images, at once: to complete a word.
---@return string[]
function M.names_now()
  local result = client_of.request_now('imageScripts/images')
  return result and names(result.checkouts) or {}
end

--- The names of all builders, at once: to complete a word.
---@return string[]
function M.builders_now()
  local result = client_of.request_now('imageScripts/images')
  local found = {}
  for _, one in ipairs(result and result.checkouts or {}) do
    for _, builder in ipairs(one.builders or {}) do
      table.insert(found, builder.name)
    end
  end
  return found
end

--- What `imageScripts/imagesAt` takes, for a place.
---@param uri string
---@param range? lsp.Range
local function at(uri, range)
  local start = { line = 0, character = 0 }
  return {
    textDocument = { uri = uri },
    range = range or { start = start, ['end'] = start },
    context = { diagnostics = {} },
  }
end

---@param encoding 'utf-8'|'utf-16'|'utf-32'
local function at_cursor(encoding)
  local params = vim.lsp.util.make_range_params(0, encoding)
  return at(params.textDocument.uri, params.range)
end

--- The images that the cursor is at, in a file or in the table of images, and what a release after
--- the first would be called.
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
  local params = at_cursor(client.offset_encoding)
  client_of.request(client, 'imageScripts/imagesAt', params, function(result)
    callback(result and result.images or {}, result and result.proposal)
  end)
end

--- What a release after the image at the cursor would be called, at once: to complete a word.
---@return string?
function M.proposal_now()
  if vim.bo.buftype ~= '' then
    return nil
  end
  local result = client_of.request_now('imageScripts/imagesAt', at_cursor('utf-8'))
  return result and result.proposal
end

--- What a release after an image would be called.
---@param client vim.lsp.Client
---@param image string
---@param callback fun(proposal: string?)
function M.proposal(client, image, callback)
  local script = checkout.build_script(client.root_dir, image)
  local params = at(vim.uri_from_fname(script))
  client_of.request(client, 'imageScripts/imagesAt', params, function(result)
    callback(result and result.proposal)
  end)
end

--- Calls with the image that is meant: the one that was named, or else the one at the cursor. The
--- user chooses where that is not clear.
---@param client vim.lsp.Client
---@param name? string
---@param prompt string
---@param callback fun(name: string)
function M.choose(client, name, prompt, callback)
  local function chosen(choice)
    if choice then
      callback(choice)
    end
  end
  local function among(images)
    if #images == 0 then
      tell.error('this checkout has no images')
    else
      vim.ui.select(images, { prompt = prompt, kind = 'image-scripts' }, chosen)
    end
  end
  if name then
    return callback(name)
  end
  M.at_cursor(client, function(images)
    if #images == 1 then
      callback(images[1])
    elseif #images > 1 then
      among(images)
    else
      M.all(client, function(checkouts)
        among(names(checkouts))
      end)
    end
  end)
end

return M
