import { createTemplateBuilder } from '../../src/index.ts'

const [, , stateDirectory = '', directory = ''] = process.argv
await createTemplateBuilder({
  stateDirectory,
  base: { script: '/nonexistent', directory: stateDirectory },
}).build(directory, {
  onEvent: (event) => {
    if (event.type === 'output') process.stdout.write(`${event.text}\n`)
  },
})
