-- Applies the edits of the server. Those that only change and create texts stay unwritten, so that
-- undo reverts them. What deletes, renames or links something is on disk at once; then the texts of
-- the same change are written before it, so that no half of a change is on disk alone.

local M = {}

--- A change that the server is about to make.
---@class image_scripts.ExpectedChange
---@field report image_scripts.ChangeReport As simulated.
---@field written boolean Set once its texts are written.

---@type image_scripts.ExpectedChange?
local expected

--- Says which change the next edit belongs to.
---@param report image_scripts.ChangeReport As simulated.
---@return image_scripts.ExpectedChange
function M.expect(report)
  expected = { report = report, written = false }
  return expected
end

--- Says that the change has been made, or will not be.
function M.expect_nothing()
  expected = nil
end

--- Tells whether a change deletes, renames or links something.
---@param report image_scripts.ChangeReport
---@return boolean
function M.is_on_disk(report)
  return #report.deleted + #report.renamed + #report.symlinks > 0
end

--- Tells whether a path is another one or below it.
---@param path string
---@param directory string
---@return boolean
local function is_inside(path, directory)
  return path == directory or vim.startswith(path, directory .. '/')
end

--- Says which buffer at or below one of these paths has unsaved changes, if one has.
---@param paths string[] Absolute.
---@return string?
local function unsaved_in(paths)
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    local name = vim.api.nvim_buf_get_name(bufnr)
    local is_modified = vim.api.nvim_buf_is_loaded(bufnr) and vim.bo[bufnr].modified
    for _, path in ipairs(is_modified and paths or {}) do
      if is_inside(name, path) then
        return name .. ' has unsaved changes: write or undo them first'
      end
    end
  end
end

--- Returns the reason why unsaved changes prevent a change that is on disk at once: it would write
--- them or lose them, which is up to the user.
---@param root string
---@param report image_scripts.ChangeReport As simulated.
---@return string?
function M.unsaved(root, report)
  if not M.is_on_disk(report) then
    return nil
  end
  local paths = vim.list_extend(vim.deepcopy(report.edited), report.deleted)
  for _, pair in ipairs(report.renamed) do
    table.insert(paths, pair[1])
  end
  return unsaved_in(vim.tbl_map(function(path)
    return vim.fs.joinpath(root, path)
  end, paths))
end

--- Closes the buffers of files in deleted directories: the server goes by their text as long as they
--- are open. Modified buffers stay, as the user may still need them.
---@param changes table[]
local function close_deleted(changes)
  for _, change in ipairs(changes) do
    local deleted = change.kind == 'delete' and vim.uri_to_fname(change.uri)
    for _, bufnr in ipairs(deleted and vim.api.nvim_list_bufs() or {}) do
      local inside = vim.startswith(vim.api.nvim_buf_get_name(bufnr), deleted .. '/')
      if inside and not vim.bo[bufnr].modified then
        vim.api.nvim_buf_delete(bufnr, {})
      end
    end
  end
end

--- Removes the empty line at the end of created files: Neovim inserts the text before the one line
--- that an empty buffer has.
---@param changes table[]
local function trim_created(changes)
  for _, change in ipairs(changes) do
    local bufnr = change.kind == 'create' and vim.uri_to_bufnr(change.uri)
    if bufnr and vim.api.nvim_buf_is_loaded(bufnr) then
      local last = vim.api.nvim_buf_get_lines(bufnr, -2, -1, false)[1]
      if last == '' and vim.api.nvim_buf_line_count(bufnr) > 1 then
        vim.api.nvim_buf_set_lines(bufnr, -2, -1, false, {})
      end
    end
  end
end

--- An edit, split by whether it stays in buffers.
---@class image_scripts.SplitEdit
---@field texts table[] Document changes that create and edit texts.
---@field files table[] Those that rename and delete files.

---@param edit lsp.WorkspaceEdit
---@return image_scripts.SplitEdit
local function split(edit)
  local parts = { texts = {}, files = {} }
  for _, change in ipairs(edit.documentChanges or {}) do
    local is_file = change.kind == 'rename' or change.kind == 'delete'
    table.insert(is_file and parts.files or parts.texts, change)
  end
  return parts
end

--- Tells whether the texts of an edit have to be written.
---@param parts image_scripts.SplitEdit
---@return boolean
local function must_write(parts)
  if #parts.files > 0 then
    return true
  end
  if not expected then
    return false
  end
  local created = vim.tbl_filter(function(change)
    return change.kind == 'create'
  end, parts.texts)
  -- The server itself copies what is no text.
  return M.is_on_disk(expected.report) or #created < #expected.report.created
end

--- Text of a buffer before an edit.
---@class image_scripts.TextBefore
---@field bufnr integer
---@field sequence integer State of the undo tree.
---@field exists boolean Whether the file is on disk.
---@field written boolean
---@field after? integer |b:changedtick| after the edit.

--- Returns the buffers that are about to be edited, as they are.
---@param texts table[]
---@return image_scripts.TextBefore[]
local function texts_before(texts)
  local found, seen = {}, {}
  for _, change in ipairs(texts) do
    local uri = change.uri or change.textDocument.uri
    if not seen[uri] then
      seen[uri] = true
      local bufnr = vim.uri_to_bufnr(uri)
      vim.fn.bufload(bufnr)
      table.insert(found, {
        bufnr = bufnr,
        sequence = vim.fn.undotree(bufnr).seq_cur,
        exists = vim.uv.fs_stat(vim.uri_to_fname(uri)) ~= nil,
        written = false,
      })
    end
  end
  return found
end

--- Writes a buffer, and the directory of its file.
---@param bufnr integer
local function write(bufnr)
  vim.api.nvim_buf_call(bufnr, function()
    vim.cmd('silent write ++p')
  end)
end

--- Undoes what was done to a text since.
---@param text image_scripts.TextBefore
local function undo(text)
  vim.api.nvim_buf_call(text.bufnr, function()
    vim.cmd('silent undo ' .. text.sequence)
  end)
end

--- Takes back what was done to the texts.
---@param before image_scripts.TextBefore[]
local function revert(before)
  for _, text in ipairs(before) do
    if not text.exists then
      if text.written then
        vim.fs.rm(vim.api.nvim_buf_get_name(text.bufnr), { force = true })
      end
      vim.api.nvim_buf_delete(text.bufnr, { force = true })
    else
      undo(text)
      if text.written then
        write(text.bufnr)
      end
    end
  end
end

--- Texts that the latest change left unwritten.
---@type image_scripts.TextBefore[]
local unwritten = {}

--- Returns the reason why the latest change cannot be undone, or nil if it can.
---@return string?
local function undo_problem()
  if #unwritten == 0 then
    return 'no change is left to be undone: `:ImageScripts next` says what takes one back'
  end
  for _, text in ipairs(unwritten) do
    local name = vim.api.nvim_buf_is_valid(text.bufnr) and vim.api.nvim_buf_get_name(text.bufnr)
    if not name or not vim.api.nvim_buf_is_loaded(text.bufnr) then
      return 'a file of the change was closed'
    elseif not text.exists and vim.uv.fs_stat(name) then
      return name .. ' was written: `:ImageScripts next` says what takes it back'
    elseif vim.api.nvim_buf_get_changedtick(text.bufnr) ~= text.after then
      return name .. ' was changed or written since: undo it there'
    end
  end
end

--- Undoes the latest change in all of its files. Returns the reason if that is not possible.
---@return string?
function M.undo()
  local problem = undo_problem()
  if not problem then
    vim.iter(unwritten):each(undo)
    unwritten = {}
  end
  return problem
end

--- Applies document changes.
---@param changes table[]
---@param encoding 'utf-8'|'utf-16'|'utf-32'
local function apply(changes, encoding)
  vim.lsp.util.apply_workspace_edit({ documentChanges = changes }, encoding)
end

--- Applies an edit and writes its texts before anything is renamed or deleted. Raises an error and
--- leaves everything as it was if that is not possible.
---@param parts image_scripts.SplitEdit
---@param encoding 'utf-8'|'utf-16'|'utf-32'
local function apply_on_disk(parts, encoding)
  local before = texts_before(parts.texts)
  local done, reason = pcall(function()
    apply(parts.texts, encoding)
    trim_created(parts.texts)
    for _, text in ipairs(before) do
      write(text.bufnr)
      text.written = true
    end
    apply(parts.files, encoding)
  end)
  if not done then
    revert(before)
    error(reason, 0)
  end
  if expected then
    expected.written = true
  end
  close_deleted(parts.files)
end

--- Applies an edit to buffers only.
---@param texts table[]
---@param encoding 'utf-8'|'utf-16'|'utf-32'
local function apply_unwritten(texts, encoding)
  unwritten = texts_before(texts)
  apply(texts, encoding)
  trim_created(texts)
  for _, text in ipairs(unwritten) do
    text.after = vim.api.nvim_buf_get_changedtick(text.bufnr)
  end
end

--- Returns the paths that an edit changes, renames or deletes.
---@param edit lsp.WorkspaceEdit
---@return string[]
local function changed_paths(edit)
  return vim.tbl_map(function(change)
    return vim.uri_to_fname(change.oldUri or change.uri or change.textDocument.uri)
  end, edit.documentChanges or {})
end

--- Applies an edit of the server.
---@param edit lsp.WorkspaceEdit
---@param encoding 'utf-8'|'utf-16'|'utf-32'
---@return lsp.ApplyWorkspaceEditResult
function M.apply(edit, encoding)
  local parts = split(edit)
  local done, reason
  if must_write(parts) then
    local unsaved = unsaved_in(changed_paths(edit))
    if unsaved then
      return { applied = false, failureReason = unsaved }
    end
    unwritten = {}
    done, reason = pcall(apply_on_disk, parts, encoding)
  else
    done, reason = pcall(apply_unwritten, parts.texts, encoding)
  end
  if not done then
    -- Strips the positions in the source that raised the error.
    local message = tostring(reason):gsub('^%S+:%d+: ', ''):gsub('^%S+:%d+: ', '')
    return { applied = false, failureReason = message }
  end
  return { applied = true }
end

return M
