import type { Requirement } from '../requirement.ts'

const needs = ['code'] as const

/** Checked with Bash, which every template that can run the suite has. */
export const codeRequirements: readonly Requirement[] = [
  {
    id: 'code.output',
    source: 'CodeEvent',
    behaviour: 'What a cell prints comes on the stream on which it was printed, and the last event is the end.',
    needs,
  },
  {
    id: 'code.early',
    source: 'CodeInterpreter.run',
    behaviour: 'What a cell prints comes while the cell still runs.',
    needs,
  },
  {
    id: 'code.state',
    source: 'CodeContext',
    behaviour: 'A cell finds the variables of the cells before it in its context, and not those of another context.',
    needs,
  },
  {
    id: 'code.default-context',
    source: 'RunCodeOptions.context',
    behaviour: 'Cells that name no context share the one of their language.',
    needs,
  },
  {
    id: 'code.error',
    source: 'CodeError',
    behaviour: 'A cell that fails ends with an error and is no failure of the call; the context goes on.',
    needs,
  },
  {
    id: 'code.environment',
    source: 'RunCodeOptions.env',
    behaviour: 'Variables given with a cell hold for that cell and for no other; those of the sandbox are there, too.',
    needs,
  },
  {
    id: 'code.cwd',
    source: 'CodeContext.cwd',
    behaviour: 'A context starts in the directory that it was given.',
    needs,
  },
  {
    id: 'code.contexts',
    source: 'CodeInterpreter.removeContext',
    behaviour: 'A context is listed until it is removed, can be removed twice, and is context-not-found afterwards.',
    needs,
  },
  {
    id: 'code.restart',
    source: 'CodeInterpreter.restartContext',
    behaviour:
      'A restart forgets all variables and ends the running cell with an error that says so; the context keeps its id.',
    needs,
  },
  {
    id: 'code.interrupt',
    source: 'CodeInterpreter.run',
    behaviour: 'A cell that is given up, by its deadline or by its reader, is interrupted, and the variables stay.',
    needs,
  },
  {
    id: 'code.crash',
    source: 'CodeError.stateLost',
    behaviour: 'The end of the interpreter itself is an error that says so, and the next cell finds a fresh one.',
    needs,
  },
  {
    id: 'code.invalid',
    source: 'CodeInterpreter',
    behaviour: 'A language that nobody knows, and a language beside a context, are invalid-argument.',
    needs,
  },
]
