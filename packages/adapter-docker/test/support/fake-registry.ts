import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { buffer } from 'node:stream/consumers'

export interface FakeRegistry extends AsyncDisposable {
  /** `127.0.0.1:port`, which engines reach without TLS. */
  readonly host: string
  readonly layerBytes: number
}

/** The user and the password without which nothing is given. */
export const account = { username: 'team', password: 'secret-of-the-team' }

/** A registry with one image, `team/image:1`, of one layer of random bytes. */
export async function startFakeRegistry(): Promise<FakeRegistry> {
  const content = await image()
  const server = createServer((request, response) => answer(request, response, content))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    host: `127.0.0.1:${port}`,
    layerBytes: content.layerBytes,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const digest = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

interface Content {
  readonly manifest: Buffer
  readonly blobs: ReadonlyMap<string, Buffer>
  readonly layerBytes: number
}

async function image(): Promise<Content> {
  const archive = pack()
  archive.entry({ name: 'content' }, randomBytes(3_000_000))
  archive.finalize()
  const tar = await buffer(archive)
  const layer = gzipSync(tar)
  const rootfs = { type: 'layers', diff_ids: [digest(tar)] }
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', config: {}, rootfs }))
  const part = (mediaType: string, bytes: Buffer) => ({ mediaType, size: bytes.byteLength, digest: digest(bytes) })
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: part('application/vnd.docker.container.image.v1+json', config),
      layers: [part('application/vnd.docker.image.rootfs.diff.tar.gzip', layer)],
    }),
  )
  const blobs = new Map([config, layer].map((bytes) => [digest(bytes), bytes]))
  return { manifest, blobs, layerBytes: layer.byteLength }
}

const manifestType = 'application/vnd.docker.distribution.manifest.v2+json'

function answer(request: IncomingMessage, response: ServerResponse, { manifest, blobs }: Content): void {
  const { url = '', headers } = request
  const expected = `Basic ${Buffer.from(`${account.username}:${account.password}`).toString('base64')}`
  if (headers.authorization !== expected) {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="team"' }).end('{"errors":[{"code":"UNAUTHORIZED"}]}')
  } else if (/^\/v2\/?$/.test(url)) {
    response.writeHead(200, { 'docker-distribution-api-version': 'registry/2.0' }).end('{}')
  } else if (url === '/v2/team/image/manifests/1' || url === `/v2/team/image/manifests/${digest(manifest)}`) {
    response
      .writeHead(200, {
        'content-type': manifestType,
        'content-length': manifest.byteLength,
        'docker-content-digest': digest(manifest),
      })
      .end(manifest)
  } else {
    const blob = blobs.get(url.replace('/v2/team/image/blobs/', ''))
    if (blob === undefined) response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')
    else response.writeHead(200, { 'content-length': blob.byteLength }).end(blob)
  }
}
