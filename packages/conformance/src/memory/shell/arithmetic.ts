import { ShellSyntaxError } from './syntax.ts'

type Look = (name: string) => number

const levels: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<=', '>=', '<', '>'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
]

/** The value of `$(( ))`: C's integer operators over shell variables. */
export function evaluate(expression: string, variable: Look): number {
  const tokens = expression.match(/\d+|[A-Za-z_]\w*|\|\||&&|[=!<>]=|<<|>>|[-+*/%<>!~()?:&|^]/g) ?? []
  let at = 0
  const take = (): string => tokens[at++] ?? ''

  const primary = (): number => {
    const token = take()
    if (token === '(') {
      const value = ternary()
      if (take() !== ')') throw new ShellSyntaxError('arithmetic: ")" expected')
      return value
    }
    if (token === '-') return -primary()
    if (token === '+') return primary()
    if (token === '!') return primary() === 0 ? 1 : 0
    if (token === '~') return ~primary()
    if (/^\d/.test(token)) return Number(token)
    if (/^[A-Za-z_]/.test(token)) return variable(token)
    throw new ShellSyntaxError(`arithmetic: unexpected "${token}"`)
  }
  const binary = (level: number): number => {
    const operators = levels[level]
    if (operators === undefined) return primary()
    let left = binary(level + 1)
    for (let token = tokens[at]; token !== undefined && operators.includes(token); token = tokens[at]) {
      at++
      left = apply(token, left, binary(level + 1))
    }
    return left
  }
  const ternary = (): number => {
    const condition = binary(0)
    if (tokens[at] !== '?') return condition
    at++
    const yes = ternary()
    if (take() !== ':') throw new ShellSyntaxError('arithmetic: ":" expected')
    const no = ternary()
    return condition === 0 ? no : yes
  }

  const value = tokens.length === 0 ? 0 : ternary()
  if (at < tokens.length) throw new ShellSyntaxError(`arithmetic: unexpected "${tokens[at] ?? ''}"`)
  return value
}

function apply(operator: string, left: number, right: number): number {
  const flag = (condition: boolean): number => (condition ? 1 : 0)
  switch (operator) {
    case '||':
      return flag(left !== 0 || right !== 0)
    case '&&':
      return flag(left !== 0 && right !== 0)
    case '|':
      return left | right
    case '^':
      return left ^ right
    case '&':
      return left & right
    case '==':
      return flag(left === right)
    case '!=':
      return flag(left !== right)
    case '<=':
      return flag(left <= right)
    case '>=':
      return flag(left >= right)
    case '<':
      return flag(left < right)
    case '>':
      return flag(left > right)
    case '<<':
      return left * 2 ** right
    case '>>':
      return Math.floor(left / 2 ** right)
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
    case '%':
      if (right === 0) throw new ShellSyntaxError('arithmetic: division by zero')
      return operator === '/' ? Math.trunc(left / right) : left % right
    default:
      throw new ShellSyntaxError(`arithmetic: unknown operator "${operator}"`)
  }
}
