-- `:ImageScripts describe`: a commit message for the change, in the message that is being written, or in a
-- buffer of its own.

local checkout = require('image_scripts.checkout')
local notify = require('image_scripts.notify')
local plain = require('image_scripts.plain')
local program = require('image_scripts.program')
local scratch = require('image_scripts.scratch')

local M = {}

--- Name of the buffer.
local NAME = 'image-scripts://describe'

local FILETYPE = 'gitcommit'

--- What `describe --format json` prints.
---@class image_scripts.DescribeReport
---@field message string
---@field warnings string[]

--- Returns the number of lines above the comments of a message, or nil if something is written there.
---@param bufnr integer
---@return integer?
local function lines_to_fill(bufnr)
  local lines = vim.api.nvim_buf_get_lines(bufnr, 0, -1, false)
  for number, line in ipairs(lines) do
    if vim.startswith(line, '#') then
      return number - 1
    elseif line:find('%S') then
      return nil
    end
  end
  return #lines
end

--- Puts a message where it belongs.
---@param message string
---@param bufnr? integer The buffer of a commit.
---@param mods table
local function show(message, bufnr, mods)
  local lines = vim.split(vim.trim(message), '\n')
  local room = bufnr and vim.api.nvim_buf_is_valid(bufnr) and lines_to_fill(bufnr)
  if bufnr and room then
    table.insert(lines, '')
    vim.api.nvim_buf_set_lines(bufnr, 0, room, false, lines)
    return
  elseif bufnr then
    notify.info('there is a message already: the one for this change is in a buffer of its own')
  end
  local own = scratch.open(NAME, mods)
  scratch.fill(own, lines)
  vim.bo[own].filetype = FILETYPE
  vim.bo[own].modifiable = true
end

--- Writes a commit message for what is staged, or else for what has changed since the last commit; or for
--- what has changed since `base`.
---@param client vim.lsp.Client
---@param base? string
---@param mods table
function M.open(client, base, mods)
  local commit = vim.bo.filetype == FILETYPE
      and vim.api.nvim_buf_get_name(0) ~= NAME
      and vim.api.nvim_get_current_buf()
    or nil
  -- Git starts the editor in the worktree whose commit it is; the message may be in another one.
  local root = commit and checkout.find(vim.fn.getcwd()) or client.root_dir
  local function describe(arguments, on_failure)
    local words = vim.list_extend({ 'describe', '--format', 'json', '-C', root }, arguments)
    local is_started = program.execute(client, words, function(done)
      local found, report = pcall(vim.json.decode, done.stdout)
      if done.code ~= 0 or not found then
        return on_failure(done.stderr)
      end
      show(report.message, commit, mods)
      vim.iter(report.warnings):each(function(warning)
        notify.warn(plain.line(warning))
      end)
    end)
    if not is_started then
      notify.error('the server is not a program on this machine')
    end
  end
  local function fail(output)
    notify.error(program.reason(output))
  end
  if base then
    describe({ '--since=' .. base }, fail)
  elseif commit then
    describe({ '--staged' }, fail)
  else
    describe({ '--staged' }, function()
      describe({}, fail)
    end)
  end
end

return M
