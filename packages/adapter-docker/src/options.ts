import type { EgressListener } from '@caisson/adapter-kit'
import type { LimitKind, Price } from '@caisson/core'
import type { TemplateUser } from './template-user.ts'

/** How the engine is reached. */
export type EngineAddress =
  /** A unix socket of this machine, or one that somebody forwarded here. */
  | { readonly socketPath: string }
  /** TCP. Without `tls` anybody who can reach the port owns the engine's machine. */
  | { readonly host: string; readonly port: number; readonly tls?: TlsOptions | undefined }
  /** The engine's unix socket on another machine, through SSH. */
  | { readonly ssh: SshOptions }

/** PEM texts. The engine must know the client's certificate, and the client the engine's. */
export interface TlsOptions {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

export interface SshOptions {
  readonly host: string
  readonly port?: number | undefined
  readonly username: string
  /** PEM text of the private key. Without it `agentSocketPath` is asked. */
  readonly privateKey?: string | undefined
  readonly passphrase?: string | undefined
  readonly agentSocketPath?: string | undefined
  /** SHA-256 of the host's public key, base64 as `ssh-keygen -l` prints it. A host that shows another one is refused. */
  readonly hostKeySha256: string
  /** The engine's socket over there. Default: `/var/run/docker.sock`. */
  readonly socketPath?: string | undefined
}

/** Who Caisson is for a private registry. */
export interface RegistryCredentials {
  readonly username: string
  readonly password: string
}

/** Where a template's content comes from. */
export interface ImageTemplate {
  /** Reference of an image: name and tag, or better name and digest. */
  readonly image: string
  /** `if-missing` fetches an image that the engine does not have; `never` (default) makes it `template-not-found`. */
  readonly pull?: 'never' | 'if-missing' | undefined
  /** The user under which code runs. Default: `user`, 1000, /home/user. */
  readonly user?: TemplateUser | undefined
}

/** One step of fetching an image, as the engine tells it. */
export interface PullProgress {
  readonly image: string
  /** What happens now: `Downloading`, `Extracting` … */
  readonly status: string
  /** The layer that it happens to. */
  readonly layer?: string | undefined
  readonly doneBytes?: number | undefined
  readonly totalBytes?: number | undefined
}

/** Makes text unreadable for all who do not have its key. */
export interface SecretBox {
  readonly seal: (text: string) => string
  /** Throws when it was sealed with another key, or changed since. */
  readonly unseal: (sealed: string) => string
}

export interface DockerAdapterOptions {
  /** How policies and decisions name it. Default: `docker`. */
  readonly name?: string | undefined
  /** Default: the unix socket `/var/run/docker.sock`. */
  readonly engine?: EngineAddress | undefined
  /** Templates by name; the first is the default. Default: `base`, the image `caisson/base`. */
  readonly templates?: Readonly<Record<string, ImageTemplate>> | undefined
  /** Keeps the sandboxes of several installations on one engine apart: each sees only its own. Default: `default`. */
  readonly namespace?: string | undefined
  /**
   * OCI runtime that sandboxes run under: `runsc` (gVisor) and `kata` (a virtual machine each) isolate more than the default. An engine that
   * would run them under another one is refused with `unsupported`.
   */
  readonly runtime?: string | undefined
  /**
   * Limits to declare. Default: `cpus`, `memory` and `pids`; under `runsc` only `cpus`. Add `disk` where the engine's storage has quotas (overlay2 on XFS with pquota,
   * btrfs, zfs), and `volume` where Caisson runs as root on the machine of the engine or the engine's data are on XFS with pquota; take away what a rootless
   * engine cannot hold, all of them (`[]`) on cgroup v1, where it can neither pause nor measure sandboxes, either. An engine that does not hold a declared one is refused with `unsupported`.
   */
  readonly limits?: readonly LimitKind[] | undefined
  /** Credentials by registry host: `registry.example.com`. */
  readonly registries?: Readonly<Record<string, RegistryCredentials>> | undefined
  readonly onPullProgress?: ((progress: PullProgress) => void) | undefined
  /**
   * How the daemon in a sandbox is reached. `exec` works with every engine. `direct` opens the daemon's socket through the kernel, some three
   * times faster; it needs the engine on this machine and the right to look into its containers. Default: `direct` where it works, else `exec`.
   */
  readonly connection?: 'direct' | 'exec' | undefined
  readonly maxTtlMs?: number | undefined
  /** Told of every connection that a sandbox tried to make, granted or denied. */
  readonly onEgress?: EgressListener | undefined
  /**
   * Seals what a policy puts into requests on their way out, for the labels of the container: whoever may look at the engine reads those. Needed for the
   * feature `egress-headers`. The same for every process that uses the engine's sandboxes; one that cannot unseal keeps the way out of such a sandbox closed.
   */
  readonly secretBox?: SecretBox | undefined
  /**
   * Authorities whose certificates are believed of hosts into whose requests a policy puts headers, as PEM texts, beside those that Node trusts: for services of
   * your own. Default: none.
   */
  readonly egressAuthorities?: readonly string[] | undefined
  /** Default: nothing, for machines that are paid for anyway. */
  readonly price?: Price | undefined
}
