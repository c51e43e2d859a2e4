-- `:ImageScripts verify upstream=...`: images compared with what their vendors have, in the quickfix list.
-- The program asks, as a process of its own: the server uses no network.

local notify = require('image_scripts.notify')
local program = require('image_scripts.program')
local quickfix = require('image_scripts.quickfix')

local M = {}

local TITLE = 'image-scripts: upstream'

--- The encoding of positions in what the program prints.
local ENCODING = 'utf-16'

---@class image_scripts.UpstreamFinding
---@field code string
---@field severity string
---@field path string
---@field range lsp.Range
---@field message string
---@field fixes { title: string, edits: { path?: string, range?: lsp.Range, new_text?: string }[] }[]

--- Findings in the order of the items of the list, and the checkout that they are of.
---@type { root: string, findings: image_scripts.UpstreamFinding[] }
local shown = { root = '', findings = {} }

--- What to ask about.
---@class image_scripts.UpstreamQuery
---@field image string Name of an image, or `all`.
---@field private? boolean Asks servers with private addresses, too.

---@param root string
---@param finding image_scripts.UpstreamFinding
---@return vim.quickfix.entry
local function item_of(root, finding)
  local location = { uri = vim.uri_from_fname(root .. '/' .. finding.path), range = finding.range }
  local text = ('%s [%s]'):format(finding.message, finding.code)
  return quickfix.item(location, ENCODING, text, quickfix.TYPES[finding.severity])
end

--- Returns the numbers of images in each state, in a sentence.
---@param images { state: string, unknown: string[] }[]
---@return string
local function in_words(images)
  local states, counts = {}, {}
  for _, image in ipairs(images) do
    if not counts[image.state] then
      table.insert(states, image.state)
    end
    counts[image.state] = (counts[image.state] or 0) + 1
  end
  local words = vim.tbl_map(function(state)
    return ('%d %s'):format(counts[state], state)
  end, states)
  local reason = #images == 1 and images[1].unknown[1]
  return table.concat(words, ', ') .. (reason and ': ' .. reason or '')
end

--- Shows what came of asking.
---@param report { root: string, findings: image_scripts.UpstreamFinding[], images: table[] }
local function show(report)
  shown = { root = report.root, findings = report.findings }
  if #report.findings > 0 then
    quickfix.open(
      TITLE,
      vim.tbl_map(function(finding)
        return item_of(report.root, finding)
      end, report.findings)
    )
  end
  notify.info('upstream: ' .. in_words(report.images))
end

--- Asks, and fills the quickfix list with what is found.
---@param client vim.lsp.Client
---@param query image_scripts.UpstreamQuery
function M.open(client, query)
  local words = { 'verify', '--format', 'json', '-C', client.root_dir }
  table.insert(words, query.image == 'all' and '--all' or query.image)
  if query.private then
    table.insert(words, '--allow-private')
  end
  local is_started = program.execute(client, words, function(done)
    local is_read, report = pcall(vim.json.decode, done.stdout or '')
    if done.code > 1 or not is_read then
      return notify.error(program.reason(done.stderr))
    end
    show(report)
  end, true)
  if not is_started then
    return notify.error('the program of the server is not known: set `cmd` to a list')
  end
  notify.info('asking upstream about ' .. (query.image == 'all' and 'all images' or query.image))
end

--- Applies the fix of the finding at the cursor of the quickfix list; returns false if there is none.
---@return boolean
function M.fix()
  local is_own = vim.bo.buftype == 'quickfix' and vim.fn.getqflist({ title = true }).title == TITLE
  local finding = is_own and shown.findings[vim.api.nvim_win_get_cursor(0)[1]]
  if not finding then
    return false
  end
  local fix = finding.fixes[1]
  if not fix then
    notify.error('there is nothing to change for this')
    return true
  end
  local changes = {}
  for _, edit in ipairs(fix.edits) do
    if not edit.path then
      notify.error('this is more than a change of a text: use `:ImageScripts retire`')
      return true
    end
    local uri = vim.uri_from_fname(shown.root .. '/' .. edit.path)
    changes[uri] = changes[uri] or {}
    table.insert(changes[uri], { range = edit.range, newText = edit.new_text })
  end
  vim.lsp.util.apply_workspace_edit({ changes = changes }, ENCODING)
  -- The others were found in the text before.
  shown = { root = '', findings = {} }
  notify.info(fix.title)
  return true
end

return M
