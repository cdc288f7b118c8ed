import { memoryTarget } from '../memory-target.ts'

export default memoryTarget()
