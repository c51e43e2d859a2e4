-- Recognizes checkouts of vpsAdminOS, and the files in them that the server reads. The rule is that
-- of the server (`layout_of` in server/crates/checkout/src/root.rs).

local M = {}

--- Paths of the scripts from the root of a checkout: `WHOLE` beside the rest of vpsAdminOS,
--- `SCRIPTS_ONLY` in a repository of their own, as they were before 2023.
local WHOLE, SCRIPTS_ONLY = 'image-scripts/', ''

--- Files outside the scripts that the server reads.
local FILES = {
  ['tests/distributions.nix'] = true,
  ['tests/all-tests.nix'] = true,
}

--- Directories of scripts.
local DIRECTORIES = { images = true, builders = true, include = true, tests = true }

---@param directory string
---@param path string
---@param kind 'file'|'directory'
---@return boolean
local function has(directory, path, kind)
  local stat = vim.uv.fs_stat(vim.fs.joinpath(directory, path))
  return stat ~= nil and stat.type == kind
end

--- Returns the path of the scripts in a directory, or nil if the directory is not a checkout.
---@param directory string
---@return string?
local function prefix_in(directory)
  if
    has(directory, 'image-scripts/images', 'directory')
    and (
      has(directory, 'os/configs/image-repository.nix', 'file')
      or has(directory, 'image-scripts/include', 'directory')
    )
  then
    return WHOLE
  end
  -- All three are required, because other projects have directories called `images` too.
  if
    has(directory, 'images', 'directory')
    and has(directory, 'builders', 'directory')
    and has(directory, 'include/common.sh', 'file')
  then
    return SCRIPTS_ONLY
  end
end

--- Resolves the links in a path as far as the path exists.
---@param path string
---@return string
function M.real(path)
  local existing, rest = vim.fs.abspath(path), {}
  while true do
    local real = vim.uv.fs_realpath(existing)
    if real then
      return vim.fs.joinpath(real, unpack(rest))
    end
    local parent = vim.fs.dirname(existing)
    if parent == existing then
      return path
    end
    table.insert(rest, 1, vim.fs.basename(existing))
    existing = parent
  end
end

--- Finds the checkout at or around a path.
---@param path string
---@return string? root With links resolved.
---@return string? prefix Path of the scripts from the root.
function M.find(path)
  local directory = M.real(path)
  while true do
    local prefix = prefix_in(directory)
    local parent = vim.fs.dirname(directory)
    if prefix then
      -- `image-scripts/` of a whole checkout looks like a checkout of the scripts only.
      if prefix_in(parent) == WHOLE then
        return parent, WHOLE
      end
      return directory, prefix
    end
    if parent == directory then
      return nil
    end
    directory = parent
  end
end

--- Tells whether the server reads a file.
---@param path string Path from the root.
---@param prefix string
---@return boolean
local function is_read(path, prefix)
  if path == '.image-scripts.toml' then
    return true
  end
  -- The repository, and the modules that it may import.
  local is_module = path:match('^os/configs/[^/]+%.nix$') ~= nil
  if prefix == WHOLE and (is_module or FILES[path] or vim.startswith(path, 'tests/suite/')) then
    return true
  end
  if not vim.startswith(path, prefix) then
    return false
  end
  local directory = path:sub(#prefix + 1):match('^([^/]+)/')
  return directory ~= nil and DIRECTORIES[directory] == true
end

--- Returns the root of the checkout that a buffer's file is in, or nil if the server does not read
--- that file.
---@param bufnr integer
---@return string?
function M.of_buffer(bufnr)
  local name = vim.api.nvim_buf_get_name(bufnr)
  -- URLs like `fugitive://...` are not files.
  if name == '' or name:match('^%a[%w+.-]+://') then
    return nil
  end
  local path = M.real(name)
  local root, prefix = M.find(path)
  if root and prefix and is_read(path:sub(#root + 2), prefix) then
    return root
  end
end

--- Returns the path of the script that builds an image.
---@param root string
---@param image string
---@return string
function M.build_script(root, image)
  local _, prefix = M.find(root)
  return vim.fs.joinpath(root, prefix or WHOLE, 'images', image, 'build.sh')
end

--- Number of digits that a commit is shown with.
local COMMIT_DIGITS = 8

--- Returns the branch of a checkout, or else the commit; nil if there is no git repository.
---@param root string
---@return string?
local function branch_of(root)
  local git = vim.fs.find('.git', { upward = true, path = root })[1]
  if git and vim.fn.isdirectory(git) == 0 then
    -- A worktree has a file that says where its directory is.
    local directory = (vim.fn.readfile(git, '', 1)[1] or ''):match('^gitdir: (.+)$')
    git = directory and vim.fs.joinpath(vim.startswith(directory, '/') and '' or root, directory)
  end
  local head = git and vim.fs.joinpath(git, 'HEAD')
  if head and vim.fn.filereadable(head) == 1 then
    local line = vim.fn.readfile(head, '', 1)[1] or ''
    local commit = line:match('^%x+$')
    return line:match('^ref: refs/heads/(.+)$') or commit and commit:sub(1, COMMIT_DIGITS)
  end
end

--- Returns what a checkout is called: its folder, and its branch. Of several worktrees, the branch is
--- what tells them apart.
---@param root string
---@return string
function M.label(root)
  local branch = branch_of(root)
  local folder = vim.fs.basename(root)
  return branch and ('%s (%s)'):format(folder, branch) or folder
end

return M
