-- `:ImageScripts next`: what is left to do after a change, in a buffer that stays and that can be
-- copied from: values to verify, notes, the commands to run next, the subject of the commit.

local notify = require('image_scripts.notify')
local plain = require('image_scripts.plain')
local scratch = require('image_scripts.scratch')

local M = {}

local NAME = 'image-scripts://next'

--- Lines about all changes since Neovim was started, the latest first.
---@type string[]
local lines = {}

--- Root of the checkout that the latest change was made in.
---@type string?
local latest_root

--- Returns a place in a file as text.
---@param path string
---@param range? lsp.Range
---@return string
local function position(path, range)
  return range and ('%s:%d'):format(path, range.start.line + 1) or path
end

--- Adds a heading with its lines, if there are any.
---@param to string[]
---@param heading string
---@param texts string[]
local function add_section(to, heading, texts)
  if #texts == 0 then
    return
  end
  table.insert(to, '  ' .. heading)
  for _, text in ipairs(texts) do
    table.insert(to, '    ' .. text)
  end
end

--- Returns the values that only upstream can confirm, as lines.
---@param values image_scripts.ValueToVerify[]
---@return string[]
local function value_lines(values)
  local found = {}
  for _, value in ipairs(values) do
    table.insert(found, ('%s: %s'):format(position(value.path, value.range), value.why))
    for _, line in ipairs(vim.split(vim.trim(value.text), '\n')) do
      table.insert(found, '  ' .. vim.trim(line))
    end
    if value.resolved then
      table.insert(found, '  = ' .. vim.trim(value.resolved))
    end
  end
  return found
end

---@param notes image_scripts.Note[]
---@return string[]
local function note_lines(notes)
  return vim.tbl_map(function(note)
    local prefix = note.path and position(note.path, note.range) .. ': ' or ''
    return prefix .. note.message
  end, notes)
end

--- Returns what a change did to the files, as lines.
---@param report image_scripts.ChangeReport
---@return string[]
function M.file_lines(report)
  local found = {}
  local function add(verb, paths)
    for _, path in ipairs(paths) do
      table.insert(found, ('%-8s %s'):format(verb, path))
    end
  end
  add('deletes', report.deleted)
  for _, pair in ipairs(report.renamed) do
    add('renames', { ('%s to %s'):format(pair[1], pair[2]) })
  end
  for _, pair in ipairs(report.symlinks) do
    add('links', { ('%s to %s'):format(pair[1], pair[2]) })
  end
  add('creates', report.created)
  add('changes', report.edited)
  return found
end

--- Returns the commands that come next, each with what it does, as lines.
---@param report image_scripts.ChangeReport
---@param written boolean
---@return string[]
local function command_lines(report, written)
  local found = {}
  if #report.created + #report.edited > 0 and not written then
    vim.list_extend(found, { ':wall', '  writes the changed files' })
    vim.list_extend(
      found,
      { ':ImageScripts undo', '  undoes the change, as long as it is the latest' }
    )
  end
  if #report.verify > 0 then
    vim.list_extend(
      found,
      { ':ImageScripts verify', '  lists the values to verify, to confirm them' }
    )
  end
  for _, step in ipairs(report.next) do
    vim.list_extend(found, { step.command, '  ' .. step.why })
  end
  return found
end

--- Returns what takes a change back that is on disk already, as lines.
---@param report image_scripts.ChangeReport
---@param revert? string Subcommand that does it.
---@return string[]
local function revert_lines(report, revert)
  local found = {}
  if #report.deleted > 0 then
    local restore = 'git restore -- ' .. table.concat(report.deleted, ' ')
    vim.list_extend(found, { restore, '  brings back what was deleted, if git knows it' })
  end
  if revert then
    local what = #report.deleted > 0 and 'the rest' or 'it'
    vim.list_extend(found, { ':ImageScripts ' .. revert, ('  takes %s back'):format(what) })
  end
  return found
end

--- Shows all changes in a buffer.
---@param bufnr integer
local function show(bufnr)
  vim.b[bufnr].image_scripts_root = latest_root
  scratch.fill(bufnr, lines)
end

--- Keeps what is left to do after a change, and shows it where the buffer is shown already.
---@param root string
---@param summary string
---@param report image_scripts.ChangeReport
---@param written boolean Whether its texts are written.
---@param revert? string Subcommand that takes it back.
function M.add(root, summary, report, written, revert)
  local added = { summary }
  add_section(added, 'Files:', M.file_lines(report))
  add_section(added, 'Verify:', value_lines(report.verify))
  add_section(added, 'Note:', note_lines(report.notes))
  add_section(added, 'Next:', command_lines(report, written))
  if written or #report.deleted + #report.renamed + #report.symlinks > 0 then
    add_section(
      added,
      'It is on disk, where undo does not revert it:',
      revert_lines(report, revert)
    )
  end
  add_section(added, 'Commit as:', report.commit ~= '' and { report.commit } or {})
  added = vim.tbl_map(plain.line, added)
  if #lines > 0 then
    table.insert(added, '')
  end
  lines = vim.list_extend(added, lines)
  latest_root = root
  local bufnr = scratch.find(NAME)
  if bufnr and vim.api.nvim_buf_is_loaded(bufnr) then
    show(bufnr)
  end
end

--- Opens the buffer.
---@param mods table Modifiers as in |nvim_parse_cmd()|.
function M.open(mods)
  if #lines == 0 then
    return notify.info('nothing was changed with `:ImageScripts` yet')
  end
  local bufnr = scratch.open(NAME, mods)
  vim.bo[bufnr].filetype = 'image-scripts-next'
  show(bufnr)
end

return M
