-- `:ImageScripts policy`: what an image does to its container, and how it differs from another one.

local notify = require('image_scripts.notify')
local scratch = require('image_scripts.scratch')
local server = require('image_scripts.server')

local M = {}

--- Lines of the buffers, by their numbers.
---@type table<integer, image_scripts.PolicyLine[]>
local shown = {}

--- Returns the line of the policy at the cursor.
---@param bufnr integer
---@return image_scripts.PolicyLine?
local function line_at_cursor(bufnr)
  return (shown[bufnr] or {})[vim.api.nvim_win_get_cursor(0)[1]]
end

--- Opens the place that a line is about.
---@param client vim.lsp.Client
---@param line? image_scripts.PolicyLine
local function open_place(client, line)
  if line and line.uri then
    local location = { uri = line.uri, range = line.range }
    vim.lsp.util.show_document(location, client.offset_encoding, { focus = true, reuse_win = true })
  end
end

--- Masks the unit of a line, as the other image does: asks in which script.
---@param client vim.lsp.Client
---@param query image_scripts.PolicyQuery
---@param line? image_scripts.PolicyLine
local function mask(client, query, line)
  if not line or not line.unmasked then
    return notify.info(('there is no unit here that %s might mask'):format(query.image))
  end
  local scripts = { image = 'in its build.sh', include = 'in the include of its family' }
  vim.ui.select({ 'image', 'include' }, {
    prompt = ('Mask %s in %s?'):format(line.unmasked, query.image),
    format_item = function(script)
      return scripts[script]
    end,
  }, function(script)
    if script then
      require('image_scripts.change').mask(client, {
        root = query.root,
        name = query.image,
        unit = line.unmasked,
        like = query.other,
        into = script,
      })
    end
  end)
end

--- Shows a policy.
---@param client vim.lsp.Client
---@param query image_scripts.PolicyQuery
---@param mods? table Modifiers as in |nvim_parse_cmd()|.
function M.open(client, query, mods)
  query = vim.tbl_extend('keep', query, { root = client.root_dir })
  ---@param result? image_scripts.Policy
  server.request(client, 'imageScripts/policy', query, function(result)
    if not result then
      local names = query.image .. (query.other and ' or ' .. query.other or '')
      return notify.warn(('%s: there is no such image, or it has no build.sh'):format(names))
    end
    local name = query.image .. (query.other and '..' .. query.other or '')
    local bufnr = scratch.open('image-scripts://policy/' .. name, mods or {})
    shown[bufnr] = result.lines
    scratch.fill(
      bufnr,
      vim.tbl_map(function(line)
        return line.text
      end, result.lines)
    )
    vim.bo[bufnr].filetype = 'image-scripts-policy'
    local function map(key, act, description)
      vim.keymap.set('n', key, function()
        act(line_at_cursor(bufnr))
      end, { buffer = bufnr, desc = description })
    end
    map('<CR>', function(line)
      open_place(client, line)
    end, 'Open the line that says so')
    map('m', function(line)
      mask(client, query, line)
    end, 'Mask the unit in the image, too')
    map('r', function()
      M.open(client, query)
    end, 'Refresh')
  end)
end

return M
