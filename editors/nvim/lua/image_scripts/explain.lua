-- "Explain `CODE`": the documentation of a rule, in a buffer.

local notify = require('image_scripts.notify')
local scratch = require('image_scripts.scratch')
local server = require('image_scripts.server')

local M = {}

--- Shows the documentation of a rule.
---@param client vim.lsp.Client
---@param code string
function M.show(client, code)
  server.request(client, 'imageScripts/ruleDocumentation', { code = code }, function(text)
    if not text then
      return notify.warn(('there is no rule `%s`'):format(code))
    end
    local bufnr = scratch.open('image-scripts://rule/' .. code, {})
    scratch.fill(bufnr, vim.split(vim.trim(text), '\n'))
    vim.bo[bufnr].filetype = 'markdown'
    vim.wo[0][0].wrap = true
  end)
end

return M
