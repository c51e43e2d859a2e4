-- `:ImageScripts verify upstream=...`: what servers say, in the quickfix list. A server of the test stands in
-- for the mirror.

local BUILD = 'image-scripts/images/rocky-9/build.sh'

local METADATA = '<?xml version="1.0"?>\n<repomd>\n</repomd>\n'

--- Returns the listing of a directory.
local function listing(...)
  local links = vim.tbl_map(function(name)
    return ('<a href="%s">%s</a>\n'):format(name, name)
  end, { ... })
  return '<html><head><title>Index of /</title></head>\n' .. table.concat(links) .. '</html>\n'
end

--- What the mirror has.
local PAGES = {
  ['/rocky/'] = listing('9.8/', '9.9/'),
  ['/rocky/9.8/BaseOS/x86_64/os/Packages/r/'] = listing('rocky-release-9.8-1.5.el9.noarch.rpm'),
  ['/rocky/9.9/BaseOS/x86_64/os/Packages/r/'] = listing('rocky-release-9.9-1.2.el9.noarch.rpm'),
  ['/rocky/9.8/BaseOS/x86_64/os/Packages/r/rocky-release-9.8-1.5.el9.noarch.rpm'] = '\237\171\238\219',
  ['/rocky/9.8/BaseOS/x86_64/os/repodata/repomd.xml'] = METADATA,
  ['/rocky/9.8/AppStream/x86_64/os/repodata/repomd.xml'] = METADATA,
  ['/rocky/9.9/BaseOS/x86_64/os/repodata/repomd.xml'] = METADATA,
  ['/rocky/9.9/AppStream/x86_64/os/repodata/repomd.xml'] = METADATA,
}

--- Starts the server; returns its address.
local function serve()
  local server = vim.uv.new_tcp()
  server:bind('127.0.0.1', 0)
  server:listen(64, function()
    local client, request = vim.uv.new_tcp(), ''
    server:accept(client)
    client:read_start(function(_, bytes)
      request = request .. (bytes or '')
      local method, path = request:match('^(%u+) (%S+) .*\r\n\r\n$')
      if not method then
        return
      end
      local page = PAGES[path]
      local body = page or ''
      local head = ('HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n'):format(
        page and '200 OK' or '404 Not Found',
        #body
      )
      client:write(head .. (method == 'HEAD' and '' or body), function()
        client:close()
      end)
    end)
  end)
  return 'http://127.0.0.1:' .. server:getsockname().port
end

--- Has the image ask the server of the test.
local function use_server(t)
  t.write(BUILD, (t.read(BUILD):gsub('https://mirror%.example%.org', serve())))
end

return {
  {
    'upstream: what is newer is listed, and its fix is applied',
    function(t)
      use_server(t)
      t.open(BUILD)
      vim.cmd('ImageScripts verify upstream=rocky-9 private=yes')
      t.message('asking upstream about rocky-9')
      local item = t.wait('the finding', function()
        return t.quickfix()[1]
      end)
      t.eq(item.line, 3)
      t.has(item.text, 'rocky 9.9 is out')
      t.has(item.text, '[newer-release]')
      t.message('upstream: 1 update')
      vim.cmd('cfirst | copen')
      vim.cmd('ImageScripts fix')
      t.message('Bump rocky-9: POINTVER 9.9, build 1.2')
      t.has(t.text(BUILD), 'POINTVER=9.9\n')
      t.has(t.text(BUILD), 'rocky-release-$POINTVER-1.2.el9.noarch.rpm')
    end,
  },
  {
    'upstream: private addresses are not asked, and what is no image is an error',
    function(t)
      use_server(t)
      t.open(BUILD)
      vim.cmd('ImageScripts verify upstream=rocky-9')
      t.message('not asked, because it is an address of a private network')
      t.eq(#t.quickfix(), 0)
      vim.cmd('ImageScripts verify upstream=rocky-99')
      t.message('there is no image `rocky-99`')
    end,
  },
}
