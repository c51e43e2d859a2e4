-- Runs one test inside Neovim, and what tests say and ask. With files as arguments, it lists the
-- tests in them instead.
--
-- A file of tests returns a list of `{ name, function(t) ... end }`.

for _, file in ipairs(_G.arg or {}) do
  for _, test in ipairs(dofile(file)) do
    io.stdout:write(file, '\t', test[1], '\n')
  end
end
if _G.arg and #_G.arg > 0 then
  return
end

--- How long anything is waited for, in milliseconds: a machine may be busy.
local PATIENCE = 30000

local NAME = 'image_scripts_ls'

local t = { project = vim.env.PROJECT, root = assert(vim.uv.cwd()), home = vim.env.HOME }

--- Messages to the user, in their order.
---@type { text: string, level: integer }[]
t.messages = {}

-- Whoever is asked something in these tests has to have an answer ready.
vim.notify = function(text, level)
  table.insert(t.messages, { text = text, level = level or vim.log.levels.INFO })
end
vim.fn.confirm = function(question)
  error('nobody expects to be asked: ' .. question)
end
vim.ui.input = function(options)
  error('nobody expects to be asked: ' .. options.prompt)
end
vim.ui.select = function(_, options)
  error('nobody expects to be asked: ' .. options.prompt)
end

local function show(value)
  return type(value) == 'string' and value or vim.inspect(value)
end

--- Ends the test here.
function t.fail(...)
  error(table.concat(vim.tbl_map(show, { ... }), '\n'), 0)
end

function t.eq(actual, expected, what)
  if not vim.deep_equal(actual, expected) then
    t.fail(what or 'something else was expected', 'expected:', expected, 'found:', actual)
  end
end

function t.ok(value, what)
  if not value then
    t.fail(what)
  end
end

--- A text has a part, to the letter.
function t.has(text, part, what)
  if not tostring(text):find(part, 1, true) then
    t.fail(what or 'a part is missing', 'part:', part, 'text:', text)
  end
end

--- Waits until a function gives something that is true, and gives that. `now` tells how it is
--- instead.
function t.wait(what, is_so, now)
  local found
  local arrived = vim.wait(PATIENCE, function()
    found = is_so()
    return found
  end, 20)
  if not arrived then
    t.fail('waited in vain for: ' .. what, now and 'it is:' or '', now and now() or '')
  end
  return found
end

--- Waits until something is equal to what is expected.
function t.becomes(expected, what, read)
  t.wait(what .. ': ' .. show(expected), function()
    return vim.deep_equal(read(), expected)
  end, read)
end

function t.path(path)
  return vim.fs.joinpath(t.root, path)
end

function t.exists(path)
  return vim.uv.fs_lstat(t.path(path)) ~= nil
end

function t.read(path)
  return table.concat(vim.fn.readfile(t.path(path), 'b'), '\n')
end

--- Writes a file behind the editor's back.
function t.write(path, text)
  vim.fn.mkdir(vim.fs.dirname(t.path(path)), 'p')
  vim.fn.writefile(vim.split(text, '\n'), t.path(path), 'b')
end

--- Opens a file of the checkout, and gives its buffer.
function t.edit(path)
  vim.cmd.edit(vim.fn.fnameescape(t.path(path)))
  return vim.api.nvim_get_current_buf()
end

--- The client of the current buffer.
function t.client()
  return vim.lsp.get_clients({ name = NAME, bufnr = 0 })[1]
end

--- Opens a file of the checkout, and waits for the server.
function t.open(path)
  local bufnr = t.edit(path)
  t.wait('the server to attach to ' .. path, t.client)
  return bufnr
end

--- Asks the server, and waits for the answer.
function t.request(method, params)
  local answer = t.client():request_sync(method, params, PATIENCE)
  t.ok(answer and not answer.err, answer and answer.err or ('no answer to ' .. method))
  return answer.result
end

--- Waits until the server has done what it was told before. Findings come before it watches files.
function t.settle()
  t.request('imageScripts/images')
end

--- The buffer of a file.
function t.buffer(path)
  return vim.iter(vim.api.nvim_list_bufs()):find(function(bufnr)
    return vim.api.nvim_buf_get_name(bufnr) == t.path(path)
  end)
end

--- The text that the editor has of a file.
function t.text(path)
  local bufnr = t.buffer(path)
  if not bufnr or not vim.api.nvim_buf_is_loaded(bufnr) then
    return t.read(path)
  end
  return table.concat(vim.api.nvim_buf_get_lines(bufnr, 0, -1, false), '\n') .. '\n'
end

--- Takes the last change of a file back.
function t.undo(path)
  vim.api.nvim_buf_call(assert(t.buffer(path)), function()
    vim.cmd('silent undo')
  end)
end

--- The codes of a file's findings, in order.
function t.findings(path)
  local bufnr = t.buffer(path)
  local codes = vim.tbl_map(function(diagnostic)
    return diagnostic.code
  end, bufnr and vim.diagnostic.get(bufnr) or {})
  table.sort(codes)
  return codes
end

--- Waits until a file has these findings.
function t.finds(path, codes)
  t.becomes(codes, 'the findings of ' .. path, function()
    return t.findings(path)
  end)
end

--- Puts the cursor at the first place where a text stands.
function t.go_to(text, offset)
  vim.fn.cursor(1, 1)
  local line, column = unpack(vim.fn.searchpos('\\V' .. vim.fn.escape(text, '\\'), 'cW'))
  t.ok(line > 0, 'not in the buffer: ' .. text)
  vim.fn.cursor(line, column + (offset or 0))
end

--- Waits for a message with this part, and gives it.
function t.message(part)
  return t.wait('a message with: ' .. part, function()
    for _, message in ipairs(t.messages) do
      if message.text:find(part, 1, true) then
        return message
      end
    end
  end, function()
    return t.messages
  end)
end

--- The next questions are answered like this: `confirm` with a number, `input` with texts in
--- their order, `select` with a text. Gives what was asked.
function t.answer(answers)
  local asked = {}
  vim.fn.confirm = function(question)
    table.insert(asked, { question = question })
    return answers.confirm or t.fail('nobody expects to be asked: ' .. question)
  end
  vim.ui.input = function(options, callback)
    table.insert(asked, options)
    callback(table.remove(answers.input, 1))
  end
  vim.ui.select = function(items, _, callback)
    table.insert(asked, items)
    callback(answers.select)
  end
  return asked
end

--- Chooses the only code action at the cursor whose title has this part.
function t.act(part)
  local titles = {}
  vim.lsp.buf.code_action({
    apply = true,
    filter = function(action)
      table.insert(titles, action.title)
      return action.title:find(part, 1, true) ~= nil
    end,
  })
  t.wait('an action with: ' .. part, function()
    return vim.iter(titles):find(function(title)
      return title:find(part, 1, true) ~= nil
    end)
  end, function()
    return titles
  end)
end

--- The quickfix list: for each item the path in the checkout, the line, and the text.
function t.quickfix()
  return vim.tbl_map(function(item)
    local path = vim.api.nvim_buf_get_name(item.bufnr):sub(#t.root + 2)
    return { path = path, line = item.lnum, text = item.text, type = item.type }
  end, vim.fn.getqflist())
end

--- Texts that stand beside the lines of a file, of all namespaces whose name begins so.
function t.virtual_texts(path, namespace)
  local found, bufnr = {}, assert(t.buffer(path))
  for name, id in pairs(vim.api.nvim_get_namespaces()) do
    if vim.startswith(name, namespace) then
      for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(bufnr, id, 0, -1, { details = true })) do
        local chunks = mark[4].virt_text or {}
        table.insert(
          found,
          table.concat(vim.tbl_map(function(chunk)
            return chunk[1]
          end, chunks))
        )
      end
    end
  end
  return found
end

--- A program in the checkout, made by the test.
function t.program(path, text)
  t.write(path, text)
  assert(vim.uv.fs_chmod(t.path(path), tonumber('755', 8)))
end

--- Nothing may have gone wrong in Lua, and every message is one line.
local function look_back()
  local said = vim.api.nvim_exec2('messages', { output = true }).output
  for _, sign in ipairs({ 'stack traceback', 'Error executing', 'Error detected' }) do
    t.ok(not said:find(sign, 1, true), 'Neovim says:\n' .. said)
  end
  for _, message in ipairs(t.messages) do
    local ours = vim.startswith(message.text, 'image-scripts: ')
    t.ok(not ours or not message.text:find('\n'), 'more than one line: ' .. message.text)
  end
end

local function run()
  for _, test in ipairs(dofile(vim.env.TEST_FILE)) do
    if test[1] == vim.env.TEST_NAME then
      test[2](t)
      return look_back()
    end
  end
  t.fail('there is no such test')
end

local passed, reason = xpcall(run, function(reason)
  return type(reason) == 'string' and reason:find('^/') and debug.traceback(reason) or reason
end)
if passed then
  vim.cmd('qall!')
end
io.stdout:write('\n', tostring(reason), '\n', 'messages: ', vim.inspect(t.messages), '\n')
local log = vim.lsp.get_log_path()
if vim.fn.filereadable(log) == 1 then
  local lines = vim.list_slice(vim.fn.readfile(log), -20)
  io.stdout:write('log:\n', table.concat(lines, '\n'), '\n')
end
vim.cmd('cquit 1')
