import type { Program } from '../program.ts'
import { type Content, emptyContent } from './content.ts'

interface Attributes {
  mode: number
  owner: string
  modifiedAtMs: number
}

export interface FileNode extends Attributes {
  readonly kind: 'file'
  content: Content
  /** An executable that lives in JavaScript. */
  readonly program?: Program | undefined
}

export interface DirectoryNode extends Attributes {
  readonly kind: 'directory'
  readonly children: Map<string, Node>
}

export interface LinkNode extends Attributes {
  readonly kind: 'symlink'
  readonly target: string
}

export interface SpecialNode extends Attributes {
  readonly kind: 'other'
  readonly device: 'null' | 'zero' | 'random' | 'fifo'
}

export type Node = FileNode | DirectoryNode | LinkNode | SpecialNode

export function directoryNode(owner: string, modifiedAtMs: number, mode = 0o755): DirectoryNode {
  return { kind: 'directory', children: new Map(), mode, owner, modifiedAtMs }
}

export function fileNode(owner: string, modifiedAtMs: number, options: Partial<FileNode> = {}): FileNode {
  return { kind: 'file', content: emptyContent, mode: 0o644, owner, modifiedAtMs, ...options }
}

/** A deep copy. Contents are shared: their bytes never change. */
export function cloneNode(node: Node): Node {
  if (node.kind !== 'directory') return { ...node }
  return { ...node, children: new Map([...node.children].map(([name, child]) => [name, cloneNode(child)])) }
}

/** Whether the mode lets `user` do this. Groups are as their users. */
export function permits(node: Node, user: string, want: 'read' | 'write' | 'execute'): boolean {
  const bit = { read: 4, write: 2, execute: 1 }[want]
  if (user === 'root') return want !== 'execute' || node.kind === 'directory' || (node.mode & 0o111) !== 0
  return ((node.owner === user ? node.mode >> 6 : node.mode) & bit) !== 0
}
