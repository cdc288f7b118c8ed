import type { BenchCase } from '../case.ts'
import { burstCase } from './burst.ts'
import { cellCases } from './cells.ts'
import { coldCreateCase } from './cold-create.ts'
import { crowdCases } from './crowd.ts'
import { decideCase } from './decide.ts'
import { decisionShareCase } from './decision-share.ts'
import { dockerColdCreateCase } from './docker-cold-create.ts'
import { dockerExecCases } from './docker-exec.ts'
import { e2bCommandCase } from './e2b-command.ts'
import { execCase } from './exec.ts'
import { historyCases } from './history.ts'
import { idleMemoryCase } from './idle-memory.ts'
import { serviceExecCase } from './service-exec.ts'
import { serviceFilesCase } from './service-files.ts'
import { warmCreateCase } from './warm-create.ts'

export const allCases: readonly BenchCase[] = [
  coldCreateCase,
  warmCreateCase,
  execCase,
  ...dockerExecCases,
  dockerColdCreateCase,
  serviceExecCase,
  ...cellCases,
  e2bCommandCase,
  decideCase,
  decisionShareCase,
  burstCase,
  idleMemoryCase,
  serviceFilesCase,
  ...crowdCases,
  ...historyCases,
]
