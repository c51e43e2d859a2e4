-- Here-documents of scripts, in which another server sees text: colours and navigation.

local BUILD = 'image-scripts/images/fedora-45/build.sh'

--- Returns the highlighted tokens at the cursor: types, each with its modifiers.
local function tokens_here()
  local found = {}
  for _, token in ipairs(vim.lsp.semantic_tokens.get_at_pos() or {}) do
    local modifiers = vim.tbl_keys(token.modifiers)
    table.sort(modifiers)
    table.insert(found, table.concat(vim.list_extend({ token.type }, modifiers), '.'))
  end
  return found
end

local function has_tokens(t, text, expected)
  t.go_to(text)
  t.becomes(expected, 'the tokens of ' .. text, tokens_here)
end

return {
  {
    'heredocs: what the container executes is coloured and navigated as code',
    function(t)
      t.open(BUILD)
      vim.bo.syntax = 'off'
      t.go_to('run-configure')
      local line = vim.fn.line('.')
      vim.fn.append(line - 1, {
        'configure-append <<END',
        'say_it() { echo "\\$1 of $RELVER"; }',
        'END',
        "configure-append <<'END'",
        'say_it now',
        'END',
      })
      has_tokens(t, 'echo "\\$1', { 'function.defaultLibrary' })
      has_tokens(t, 'RELVER"; }', { 'variable.builder' })
      has_tokens(t, 'say_it now', { 'function' })
      vim.lsp.buf.definition()
      t.becomes(line + 1, 'the line of the definition', function()
        return vim.fn.line('.')
      end)
      -- A difference is enough after an edit.
      vim.cmd('normal! Ofor each in a; do :; done')
      has_tokens(t, 'each in a', { 'variable.declaration' })
      vim.lsp.buf.document_highlight()
    end,
  },
}
