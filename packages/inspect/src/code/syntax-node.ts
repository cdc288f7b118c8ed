interface NodeFacts {
  readonly type: string
  readonly isNamed: boolean
  readonly field: string | null
  readonly start: number
  readonly end: number
  readonly row: number
}

/** A node of a syntax tree as plain data: analysis looks at each many times, and every look into WebAssembly costs. */
export class SyntaxNode {
  readonly type: string
  readonly isNamed: boolean
  readonly parent: SyntaxNode | null
  readonly children: SyntaxNode[] = []
  /** Position in `tree.nodes`. */
  readonly id: number
  /** Zero-based line of its beginning. */
  readonly row: number
  readonly #tree: SyntaxTree
  readonly #field: string | null
  readonly #start: number
  readonly #end: number
  #named: readonly SyntaxNode[] | undefined

  /** Adds itself to the tree and to its parent. */
  constructor(tree: SyntaxTree, parent: SyntaxNode | null, { type, isNamed, field, start, end, row }: NodeFacts) {
    this.type = type
    this.isNamed = isNamed
    this.parent = parent
    this.id = tree.nodes.length
    this.row = row
    this.#tree = tree
    this.#field = field
    this.#start = start
    this.#end = end
    parent?.children.push(this)
    tree.nodes.push(this)
  }

  get text(): string {
    return this.#tree.text.slice(this.#start, this.#end)
  }

  /** Without punctuation and keywords. */
  get namedChildren(): readonly SyntaxNode[] {
    return (this.#named ??= this.children.filter((child) => child.isNamed))
  }

  childForFieldName(field: string): SyntaxNode | null {
    return this.children.find((child) => child.#field === field) ?? null
  }

  childrenForFieldName(field: string): readonly SyntaxNode[] {
    return this.children.filter((child) => child.#field === field)
  }

  /** Itself included. */
  descendantsOfType(type: string): readonly SyntaxNode[] {
    const found: SyntaxNode[] = []
    const { nodes } = this.#tree
    for (let id = this.id; id < nodes.length; id++) {
      const node = nodes[id]
      if (node === undefined || (id > this.id && node.#start >= this.#end)) break
      if (node.type === type) found.push(node)
    }
    return found
  }
}

export interface SyntaxTree {
  readonly text: string
  /** In the order of the text, the root first. */
  readonly nodes: SyntaxNode[]
  /** Whether all nodes are there. */
  isWhole: boolean
}
