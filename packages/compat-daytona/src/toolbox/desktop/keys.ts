/** Names of Daytona's for what X calls otherwise. */
const named: Readonly<Record<string, string>> = {
  enter: 'Return',
  return: 'Return',
  escape: 'Escape',
  esc: 'Escape',
  tab: 'Tab',
  space: 'space',
  backspace: 'BackSpace',
  delete: 'Delete',
  del: 'Delete',
  insert: 'Insert',
  up: 'Up',
  down: 'Down',
  left: 'Left',
  right: 'Right',
  arrowup: 'Up',
  arrowdown: 'Down',
  arrowleft: 'Left',
  arrowright: 'Right',
  home: 'Home',
  end: 'End',
  pageup: 'Page_Up',
  pagedown: 'Page_Down',
  capslock: 'Caps_Lock',
  printscreen: 'Print',
  menu: 'Menu',
  ctrl: 'ctrl',
  control: 'ctrl',
  alt: 'alt',
  option: 'alt',
  shift: 'shift',
  cmd: 'super',
  command: 'super',
  meta: 'super',
  win: 'super',
  super: 'super',
  num_plus: 'KP_Add',
  num_minus: 'KP_Subtract',
  num_multiply: 'KP_Multiply',
  num_divide: 'KP_Divide',
  num_decimal: 'KP_Decimal',
  num_enter: 'KP_Enter',
}

const punctuation: Readonly<Record<string, string>> = {
  '-': 'minus',
  '=': 'equal',
  '[': 'bracketleft',
  ']': 'bracketright',
  '\\': 'backslash',
  ';': 'semicolon',
  "'": 'apostrophe',
  ',': 'comma',
  '.': 'period',
  '/': 'slash',
  '`': 'grave',
}

/** The keys that are struck together as `xdotool` takes them; `undefined` where one of them is none. */
export function chordOf(names: readonly string[]): string | undefined {
  const keys = names.map(keyOf)
  return keys.length === 0 || keys.includes(undefined) ? undefined : keys.join('+')
}

function keyOf(name: string): string | undefined {
  const text = name.trim()
  const plain = text.toLowerCase()
  if (Object.hasOwn(named, plain)) return named[plain]
  if (Object.hasOwn(punctuation, text)) return punctuation[text]
  if (/^[a-z0-9]$/i.test(text)) return text
  if (/^f(?:[1-9]|1\d|2[0-4])$/.test(plain)) return plain.toUpperCase()
  const [, digit] = /^num_?(\d)$/.exec(plain) ?? []
  return digit === undefined ? undefined : `KP_${digit}`
}
