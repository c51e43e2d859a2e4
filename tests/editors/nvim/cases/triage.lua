-- `:ImageScripts triage` and `fix`: why a test failed. A script written by the test stands in for
-- `test-runner.sh`, and leaves what that leaves.

local FEDORA = 'image-scripts/images/fedora-44/build.sh'

--- Fails as long as the build script does not source the include of a helper that it calls.
local RUNNER = '#!/bin/sh\n'
  .. [[
state=$TMPDIR/os-test-runner/os-test-image-scripts__test__fedora-44-2d5dc36f
build=image-scripts/images/fedora-44/build.sh
mkdir -p "$state"
echo "{ \"sharedFileSystems\": { \"vpsadminos\": \"$PWD\" } }" > "$state/config.json"
echo "[1/1] Running test '$2' (#default)"
if grep -q 'systemd\.sh' "$build" ; then
	echo 'Running script default' > "$state/test-runner.log"
	echo expected_success > "$state/test-result.txt"
	exit 0
fi
line=$(grep -n '^configure-systemd$' "$build" | cut -d: -f1)
cat > "$state/test-runner.log" <<END
Running script default
+ . /build/basedir.1f2e3d4c/images/fedora-44/build.sh
/build/basedir.1f2e3d4c/images/fedora-44/build.sh: line $line: configure-systemd: command not found
error: build of fedora-44 on fedora failed with exit status 127
END
echo unexpected_failure > "$state/test-result.txt"
echo "[1/1] Test '$2' failed after 3.2 seconds, see $state"
exit 1
]]

--- Takes the include out of the build script.
local function break_build(t)
  t.write(FEDORA, (t.read(FEDORA):gsub('%. %$INCLUDE/systemd%.sh\n', '')))
end

--- Returns the items of the quickfix list that lead somewhere.
local function causes(t)
  return vim.tbl_filter(function(item)
    return item.line > 0
  end, t.quickfix())
end

--- Waits for a cause, and returns its item.
local function cause(t)
  return t.wait('the cause', function()
    return causes(t)[1]
  end)
end

return {
  {
    'triage: a failed test leads to its cause, the fix is applied, and the test passes',
    function(t)
      break_build(t)
      t.program('test-runner.sh', RUNNER)
      t.open(FEDORA)
      t.reply({ confirm = 1 })
      vim.cmd('ImageScripts test fedora-44')
      t.message('failed (exit status 1)')
      local item = cause(t)
      t.eq(item.path, FEDORA)
      t.has(item.text, 'the helper `configure-systemd` is not defined')
      t.eq(vim.api.nvim_buf_get_lines(0, item.line - 1, item.line, false), { 'configure-systemd' })
      t.has(
        table.concat(
          vim.tbl_map(function(line)
            return line.text
          end, t.quickfix()),
          '\n'
        ),
        '> 3 | '
      )
      vim.fn.cursor(item.line, 1)
      vim.cmd('ImageScripts fix')
      t.wait('the include', function()
        return t.text(FEDORA):find('. $INCLUDE/systemd.sh\n', 1, true)
      end)
      vim.cmd('silent write')
      vim.cmd('ImageScripts test fedora-44')
      t.message('image-scripts/test@fedora-44: passed')
      vim.cmd('ImageScripts status')
      t.wait('the table', function()
        local lines = vim.api.nvim_buf_get_lines(0, 0, -1, false)
        return vim.iter(lines):any(function(line)
          return vim.startswith(line, 'fedora-44 ') and line:find(' passed ', 1, true)
        end)
      end, function()
        return vim.api.nvim_buf_get_lines(0, 0, -1, false)
      end)
    end,
  },
  {
    'triage: of a file, and of the text in the buffer',
    function(t)
      break_build(t)
      t.open(FEDORA)
      local log = table.concat({
        "[1/1] Running test 'image-scripts/test@fedora-44' (#default)",
        '+ . /build/basedir.1f2e3d4c/images/fedora-44/build.sh',
        '/build/basedir.1f2e3d4c/images/fedora-44/build.sh: line 15: configure-systemd: command not found',
        'error: build of fedora-44 on fedora failed with exit status 127',
        '',
      }, '\n')
      vim.fn.writefile(vim.split(log, '\n'), t.home .. '/saved.log')
      vim.cmd('ImageScripts triage ' .. vim.fn.fnameescape(t.home .. '/saved.log'))
      t.eq(cause(t).path, FEDORA)
      vim.fn.setqflist({})
      vim.cmd.enew()
      vim.api.nvim_buf_set_lines(0, 0, -1, false, vim.split(log, '\n'))
      vim.cmd('ImageScripts triage')
      t.eq(cause(t).path, FEDORA)
    end,
  },
  {
    'triage: what is no log, and one in which nothing failed',
    function(t)
      t.open(FEDORA)
      vim.cmd('ImageScripts triage')
      t.message('this is no log of a test')
      vim.cmd('ImageScripts triage ' .. vim.fn.fnameescape(t.home .. '/nowhere'))
      t.message('nowhere: No such file or directory')
      vim.cmd('ImageScripts fix')
      t.message('there is no cause here')
    end,
  },
}
