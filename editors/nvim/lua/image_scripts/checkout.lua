-- Finding checkouts, as the server finds them, and telling which of their files it knows.

local M = {}

--- Where the scripts are, seen from the root of a checkout: beside the rest of vpsAdminOS, or in a
--- repository of their own, as they were before 2023.
local WHOLE, ALONE = 'image-scripts/', ''

--- Files that are known, beside the scripts.
local FILES = {
  ['os/configs/image-repository.nix'] = true,
  ['tests/distributions.nix'] = true,
  ['tests/all-tests.nix'] = true,
}

--- Folders of scripts.
local FOLDERS = { images = true, builders = true, include = true, tests = true }

---@param folder string
---@param part string
---@param kind 'file'|'directory'
local function has(folder, part, kind)
  local stat = vim.uv.fs_stat(vim.fs.joinpath(folder, part))
  return stat ~= nil and stat.type == kind
end

--- Where the scripts are in a folder; nil if it is no checkout.
---@param folder string
---@return string?
local function prefix_in(folder)
  if has(folder, 'image-scripts/images', 'directory') then
    if
      has(folder, 'os/configs/image-repository.nix', 'file')
      or has(folder, 'image-scripts/include', 'directory')
    then
      return WHOLE
    end
  end
  -- Other projects have folders called `images`: all three have to be there.
  local alone = has(folder, 'images', 'directory')
    and has(folder, 'builders', 'directory')
    and has(folder, 'include/common.sh', 'file')
  return alone and ALONE or nil
end

--- A path with its links resolved, as far as it exists.
---@param path string
---@return string
function M.real(path)
  local here, rest = vim.fs.abspath(path), {}
  while true do
    local real = vim.uv.fs_realpath(here)
    if real then
      return vim.fs.joinpath(real, unpack(rest))
    end
    local above = vim.fs.dirname(here)
    if above == here then
      return path
    end
    table.insert(rest, 1, vim.fs.basename(here))
    here = above
  end
end

--- The checkout at or around a path.
---@param path string
---@return string? root Links are resolved.
---@return string? prefix Where in it the scripts are.
function M.find(path)
  local folder = M.real(path)
  while true do
    local prefix = prefix_in(folder)
    local above = vim.fs.dirname(folder)
    if prefix then
      -- `image-scripts/` of a whole checkout looks like one of scripts only.
      if prefix_in(above) == WHOLE then
        return above, WHOLE
      end
      return folder, prefix
    end
    if above == folder then
      return nil
    end
    folder = above
  end
end

--- Whether the server knows a file, by its path from the root.
---@param path string
---@param prefix string
---@return boolean
local function is_known(path, prefix)
  if path == '.image-scripts.toml' then
    return true
  end
  if prefix == WHOLE and (FILES[path] or vim.startswith(path, 'tests/suite/')) then
    return true
  end
  if not vim.startswith(path, prefix) then
    return false
  end
  local folder = path:sub(#prefix + 1):match('^([^/]+)/')
  return folder ~= nil and FOLDERS[folder] == true
end

--- The checkout that a buffer's file is in; nil if the server does not know that file.
---@param bufnr integer
---@return string?
function M.of_buffer(bufnr)
  local name = vim.api.nvim_buf_get_name(bufnr)
  -- Not `fugitive://...`, and the like.
  if name == '' or name:match('^%a[%w+.-]+://') then
    return nil
  end
  local path = M.real(name)
  local root, prefix = M.find(path)
  if root and prefix and is_known(path:sub(#root + 2), prefix) then
    return root
  end
end

--- The script that builds an image.
---@param root string
---@param image string
---@return string
function M.build_script(root, image)
  local _, prefix = M.find(root)
  return vim.fs.joinpath(root, prefix or WHOLE, 'images', image, 'build.sh')
end

return M
