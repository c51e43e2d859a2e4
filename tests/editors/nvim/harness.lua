-- Runs one test inside Neovim, and has the functions that tests are written in. With files as
-- arguments, it lists the tests in them instead: file, number of functions, fixture and name.
--
-- A file of tests returns a list of `{ name, function(t) ... end }`. In place of the function, it may
-- have a list of them, each of which runs in a Neovim that is started again in the same checkout.
-- The checkout is a copy of the fixture `contribution`, or of one that is named third.

--- Returns the functions of a test.
local function functions_of(test)
  return type(test[2]) == 'table' and test[2] or { test[2] }
end

for _, file in ipairs(arg or {}) do
  for _, test in ipairs(dofile(file)) do
    local fields = { file, #functions_of(test), test[3] or 'contribution', test[1] }
    io.write(table.concat(fields, '\t'), '\n')
  end
end
if arg and #arg > 0 then
  return
end

--- Time limit in milliseconds for whatever a test waits for; long, as the machine may be busy.
local WAIT_TIMEOUT = 30000

local NAME = 'image_scripts_ls'

local t = { project = vim.env.PROJECT, root = assert(vim.uv.cwd()), home = vim.env.HOME }

--- Messages to the user, in order.
---@type { text: string, level: integer }[]
t.messages = {}

--- Fails the test.
function t.fail(...)
  local lines = {}
  for index = 1, select('#', ...) do
    local value = select(index, ...)
    lines[index] = type(value) == 'string' and value or vim.inspect(value)
  end
  error(table.concat(lines, '\n'), 0)
end

-- A test that expects a prompt has to prepare a reply.
vim.notify = function(text, level)
  table.insert(t.messages, { text = text, level = level or vim.log.levels.INFO })
end
vim.fn.confirm = function(prompt)
  t.fail('unexpected prompt: ' .. prompt)
end
vim.ui.input = function(options)
  t.fail('unexpected prompt: ' .. options.prompt)
end
vim.ui.select = function(_, options)
  t.fail('unexpected prompt: ' .. options.prompt)
end

function t.eq(actual, expected, message)
  if not vim.deep_equal(actual, expected) then
    t.fail(message or 'the values differ', 'expected:', expected, 'found:', actual)
  end
end

function t.ok(value, message)
  if not value then
    t.fail(message)
  end
end

--- Requires a text to contain another one, literally.
function t.has(text, part, message)
  if not tostring(text):find(part, 1, true) then
    t.fail(message or 'a text is missing', 'expected:', part, 'in:', text)
  end
end

--- Waits until a function returns something true, and returns that. `current` returns what to show
--- if it never does.
function t.wait(description, condition, current)
  local value
  local arrived = vim.wait(WAIT_TIMEOUT, function()
    value = condition()
    return value
  end, 20)
  if not arrived then
    local shown = current and { 'found:', current() } or {}
    t.fail('timed out waiting for: ' .. description, unpack(shown))
  end
  return value
end

--- Waits until a function returns the expected value.
function t.becomes(expected, description, read)
  t.wait(description .. ': ' .. vim.inspect(expected), function()
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

--- Writes a file without the editor's knowledge.
function t.write(path, text)
  vim.fn.mkdir(vim.fs.dirname(t.path(path)), 'p')
  vim.fn.writefile(vim.split(text, '\n'), t.path(path), 'b')
end

--- Opens a file of the checkout, and returns its buffer.
function t.edit(path)
  vim.cmd.edit(vim.fn.fnameescape(t.path(path)))
  return vim.api.nvim_get_current_buf()
end

--- Returns the client of the current buffer.
function t.client()
  return vim.lsp.get_clients({ name = NAME, bufnr = 0 })[1]
end

--- Opens a file of the checkout, and waits for the server.
function t.open(path)
  local bufnr = t.edit(path)
  t.wait('the server to attach to ' .. path, t.client)
  return bufnr
end

--- Sends a request and waits for the response.
function t.request(method, params)
  local response = t.client():request_sync(method, params, WAIT_TIMEOUT)
  t.ok(response and not response.err, response and response.err or ('no response to ' .. method))
  return response.result
end

--- Waits until the server has handled all earlier messages. Findings alone do not show that: it
--- sends them before it starts to watch files.
function t.sync()
  t.request('imageScripts/images')
end

--- Returns the buffer of a file.
function t.buffer(path)
  return vim.iter(vim.api.nvim_list_bufs()):find(function(bufnr)
    return vim.api.nvim_buf_get_name(bufnr) == t.path(path)
  end)
end

--- Returns the text of a file as the editor has it.
function t.text(path)
  local bufnr = t.buffer(path)
  if not bufnr or not vim.api.nvim_buf_is_loaded(bufnr) then
    return t.read(path)
  end
  return table.concat(vim.api.nvim_buf_get_lines(bufnr, 0, -1, false), '\n') .. '\n'
end

--- Reverts the last change of a file.
function t.undo(path)
  vim.api.nvim_buf_call(assert(t.buffer(path)), function()
    vim.cmd('silent undo')
  end)
end

--- Returns the codes of a file's findings, sorted.
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

--- Moves the cursor to the first occurrence of a text.
function t.go_to(text, offset)
  vim.fn.cursor(1, 1)
  local line, column = unpack(vim.fn.searchpos('\\V' .. vim.fn.escape(text, '\\'), 'cW'))
  t.ok(line > 0, 'not in the buffer: ' .. text)
  vim.fn.cursor(line, column + (offset or 0))
end

--- Waits for a message that contains a text, and returns the message.
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

--- Prepares replies to the next prompts: `confirm` is a number, `input` a list of texts, used in
--- order, `select` a text. Returns the list that the prompts will be added to.
function t.reply(replies)
  local prompts = {}
  vim.fn.confirm = function(prompt)
    table.insert(prompts, { prompt = prompt })
    return replies.confirm or t.fail('unexpected prompt: ' .. prompt)
  end
  vim.ui.input = function(options, callback)
    table.insert(prompts, options)
    callback(table.remove(replies.input, 1))
  end
  vim.ui.select = function(items, _, callback)
    table.insert(prompts, items)
    callback(replies.select)
  end
  return prompts
end

--- Applies the only code action at the cursor whose title contains a text.
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

--- Returns the quickfix list: for each item the path in the checkout, the line, text and type.
function t.quickfix()
  return vim.tbl_map(function(item)
    local path = vim.api.nvim_buf_get_name(item.bufnr):sub(#t.root + 2)
    return { path = path, line = item.lnum, text = item.text, type = item.type }
  end, vim.fn.getqflist())
end

--- Returns the virtual texts in a file, of all namespaces whose names begin with a text.
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

--- Makes the checkout a git repository that knows all of its files.
function t.git_init()
  local identity = { '-c', 'user.name=Somebody', '-c', 'user.email=somebody@example.org' }
  for _, words in ipairs({ { 'init', '-q' }, { 'add', '-A' }, { 'commit', '-qm', 'base' } }) do
    local command = vim.list_extend({ 'git', '-C', t.root }, identity)
    local done = vim.system(vim.list_extend(command, words), { text = true }):wait()
    t.eq(done.code, 0, done.stderr)
  end
end

--- Writes an executable file in the checkout.
function t.program(path, text)
  t.write(path, text)
  assert(vim.uv.fs_chmod(t.path(path), tonumber('755', 8)))
end

--- Requires that no Lua error was raised, and that every message is a single line.
local function check_messages()
  local output = vim.api.nvim_exec2('messages', { output = true }).output
  for _, sign in ipairs({ 'stack traceback', 'Error executing', 'Error detected' }) do
    t.ok(not output:find(sign, 1, true), 'Neovim says:\n' .. output)
  end
  for _, message in ipairs(t.messages) do
    local ours = vim.startswith(message.text, 'image-scripts: ')
    t.ok(not ours or not message.text:find('\n'), 'more than one line: ' .. message.text)
  end
end

local function run_test()
  for _, test in ipairs(dofile(vim.env.TEST_FILE)) do
    if test[1] == vim.env.TEST_NAME then
      functions_of(test)[tonumber(vim.env.TEST_FUNCTION)](t)
      return check_messages()
    end
  end
  t.fail('there is no such test')
end

local passed, reason = xpcall(run_test, function(error)
  return type(error) == 'string' and error:find('^/') and debug.traceback(error) or error
end)
if passed then
  vim.cmd('qall!')
end
io.write('\n', tostring(reason), '\n', 'messages: ', vim.inspect(t.messages), '\n')
local log = vim.lsp.get_log_path()
if vim.fn.filereadable(log) == 1 then
  local lines = vim.list_slice(vim.fn.readfile(log), -20)
  io.write('log:\n', table.concat(lines, '\n'), '\n')
end
vim.cmd('cquit 1')
