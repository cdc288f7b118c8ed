import Docker from 'dockerode'
import { Agent as HttpAgent, request as httpRequest, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { EngineAddress } from './options.ts'
import { createSshAgent } from './ssh-agent.ts'
import { tellBrokenAnswers } from './tell-broken-answers.ts'

/** The ways of speaking to an engine. */
export interface EngineConnection {
  readonly docker: Docker
  /** Begins a request of Node's own, for what dockerode cannot do. */
  readonly request: (options: RequestOptions) => ReturnType<typeof httpRequest>
  readonly close: () => void
}

export function connectEngine(address: EngineAddress): EngineConnection {
  const target = targetOf(address)
  // What is left out, dockerode takes from the environment.
  const nothing = {
    socketPath: undefined,
    host: undefined,
    port: undefined,
    ca: undefined,
    cert: undefined,
    key: undefined,
  }
  const request = target.protocol === 'https' ? httpsRequest : httpRequest
  const { protocol: _, ...common } = target
  const endTelling = tellBrokenAnswers(target.agent)
  return {
    docker: new Docker({ ...nothing, ...target }),
    request: (options) => request({ ...common, ...options }),
    close: () => {
      endTelling()
      target.agent.destroy()
    },
  }
}

type Target = Pick<Docker.DockerOptions, 'socketPath' | 'host' | 'port' | 'ca' | 'cert' | 'key'> & {
  readonly protocol: 'http' | 'https'
  readonly agent: HttpAgent
}

function targetOf(address: EngineAddress): Target {
  if ('socketPath' in address) {
    return { protocol: 'http', socketPath: address.socketPath, agent: new HttpAgent({ keepAlive: true }) }
  }
  if ('ssh' in address) return { protocol: 'http', host: 'engine', port: 80, agent: createSshAgent(address.ssh) }
  const { host, port, tls } = address
  return tls === undefined
    ? { protocol: 'http', host, port, agent: new HttpAgent({ keepAlive: true }) }
    : { protocol: 'https', host, port, ...tls, agent: new HttpsAgent({ keepAlive: true }) }
}
