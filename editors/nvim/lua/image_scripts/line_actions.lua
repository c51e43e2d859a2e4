-- Code actions for all findings of the cursor's line: Neovim asks for those at the cursor, and the
-- server answers just that. What fixes the line's findings comes first.

local M = {}

local CODE_ACTION = 'textDocument/codeAction'

--- Returns the range of a line that its findings take, or nil if it has none or text is selected.
---@param params lsp.CodeActionParams
---@return lsp.Range?
local function range_of_findings(params)
  local line = params.range.start.line
  if not vim.deep_equal(params.range.start, params.range['end']) then
    return nil
  end
  local first, last
  for _, finding in ipairs(params.context.diagnostics) do
    local from, to = finding.range.start, finding.range['end']
    if from.line == line then
      first = math.min(first or from.character, from.character)
      last = math.max(last or 0, to.line == line and to.character or from.character)
    end
  end
  return first
    and {
      start = { line = line, character = first },
      ['end'] = { line = line, character = last },
    }
end

--- Returns actions followed by those of another list that have other titles.
---@param actions (lsp.Command|lsp.CodeAction)[]
---@param more (lsp.Command|lsp.CodeAction)[]
---@return (lsp.Command|lsp.CodeAction)[]
local function merged(actions, more)
  local all, titles = vim.list_extend({}, actions), {}
  for _, action in ipairs(actions) do
    titles[action.title] = true
  end
  for _, action in ipairs(more) do
    if not titles[action.title] then
      table.insert(all, action)
    end
  end
  return all
end

--- Has a client request the actions of the whole line.
---@param client vim.lsp.Client
function M.enable(client)
  if rawget(client, 'image_scripts_line_actions') then
    return
  end
  rawset(client, 'image_scripts_line_actions', true)
  local request = client.request
  ---@diagnostic disable-next-line: duplicate-set-field
  client.request = function(self, method, params, handler, bufnr)
    local range = method == CODE_ACTION and handler and range_of_findings(params)
    if not range then
      return request(self, method, params, handler, bufnr)
    end
    local of_line = vim.tbl_extend('force', params, { range = range })
    return request(self, method, of_line, function(_, fixes)
      request(self, method, params, function(error, actions, ctx)
        return handler(error, merged(fixes or {}, actions or {}), ctx)
      end, bufnr)
    end, bufnr)
  end
end

return M
