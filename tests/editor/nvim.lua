-- Drives the language server as a person would who writes in Neovim: opens, types, asks, renames; says what it sees.
local file = os.getenv('BOARD')
local said = {}
local function say(name, value) table.insert(said, name .. ': ' .. tostring(value)) end
local messages = {}
vim.lsp.handlers['window/showMessage'] = function(_, result) table.insert(messages, result.message) end

local function drive()
  vim.cmd('edit ' .. file)
  local id = vim.lsp.start_client({
    name = 'seedspec', cmd = { os.getenv('PYTHON'), '-m', 'seedspec', 'language-server' },
    root_dir = vim.fn.fnamemodify(file, ':h'),
  })
  vim.lsp.buf_attach_client(0, id)
  local uri = vim.uri_from_bufnr(0)
  local name = { uri = uri }

  local function found(code)
    for _, d in ipairs(vim.diagnostic.get(0)) do
      if d.code == code then return d end
    end
  end
  local function until_(what) return vim.wait(60000, what, 20) end
  local function ask(method, params)
    local answers = vim.lsp.buf_request_sync(0, method, params, 60000)
    return answers and answers[id] and answers[id].result
  end
  local function place(line, column) return { textDocument = name, position = { line = line, character = column } } end
  local function line_of(text)
    for n, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, true)) do
      local at = line:find(text, 1, true)
      if at then
        local _, column = vim.str_utfindex(line, at - 1) -- this Neovim counts in utf-16
        return n - 1, column
      end
    end
  end

  -- what is wrong is marked, at the very characters
  until_(function() return found('undefined-name') end)
  local wrong = found('undefined-name')
  say('marked', vim.api.nvim_buf_get_text(0, wrong.lnum, wrong.col, wrong.end_lnum, wrong.end_col, {})[1])

  -- it is mended in the buffer alone, and the mark goes
  local row = line_of('lok.words')
  local text = vim.api.nvim_buf_get_lines(0, row, row + 1, true)[1]
  vim.api.nvim_buf_set_lines(0, row, row + 1, true, { (text:gsub('lok', 'look')) })
  say('gone', until_(function() return not found('undefined-name') end))
  say('on the disk', vim.fn.readfile(file)[row + 1]:find('lok.words', 1, true) ~= nil)

  local at, column = line_of('look.words')
  say('hover', ask('textDocument/hover', place(at, column + 1)).contents.value:gsub('\n.*', ''))
  local lenses = ask('textDocument/codeLens', { textDocument = name })
  say('lens', lenses[1].command.title)
  local target = ask('textDocument/definition', place(at, column + 1))[1]
  say('declared', target.range.start.line .. ':' .. target.range.start.character)

  -- half a line is completed
  vim.api.nvim_buf_set_lines(0, -1, -1, true, { 'overrides:', '  - when: {look: ' })
  local last = vim.api.nvim_buf_line_count(0) - 1
  local items = ask('textDocument/completion', place(last, 17))
  local labels = vim.tbl_map(function(item) return item.label end, items.items or items)
  say('completed', table.concat(labels, ' '))
  vim.api.nvim_buf_set_lines(0, last - 1, -1, true, {})

  -- a label gets another name, in a template too
  local r, c = line_of('noir: {')
  vim.lsp.util.apply_workspace_edit(
    ask('textDocument/rename', { textDocument = name, position = { line = r, character = c + 1 }, newName = 'night' }), 'utf-16')
  say('renamed', table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, true), '\n'):gsub('noir', ''):find('night', 1, true) ~= nil
    and vim.fn.search('noir', 'nw') == 0)

  -- what is certain is fixed
  local q = line_of('durations')
  local actions = ask('textDocument/codeAction', {
    textDocument = name, range = { start = { line = q, character = 0 }, ['end'] = { line = q, character = 30 } },
    context = { diagnostics = {} },
  })
  say('fix', actions[1].title)
  vim.lsp.util.apply_workspace_edit(actions[1].edit, 'utf-16')
  say('fixed', vim.fn.search('durations', 'nw') == 0)
  say('messages', #messages)
  vim.lsp.stop_client(id)
  say('ended', until_(function() return vim.lsp.client_is_stopped(id) end))
end

local fine, fault = pcall(drive)
if not fine then say('fault', fault) end
vim.fn.writefile(said, os.getenv('SAID'))
vim.cmd('qall!')
