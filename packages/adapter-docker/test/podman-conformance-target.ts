import { engineTarget } from './support/engine-target.ts'

export default await engineTarget('podman')
