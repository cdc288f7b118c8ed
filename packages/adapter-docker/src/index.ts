export { type EgressEvent } from '@caisson/adapter-kit'
export { createDockerAdapter } from './create-docker-adapter.ts'
export {
  type DockerAdapterOptions,
  type EngineAddress,
  type ImageTemplate,
  type PullProgress,
  type RegistryCredentials,
  type SecretBox,
  type SshOptions,
  type TlsOptions,
} from './options.ts'
export { type TemplateUser } from './template-user.ts'
