import { constants, gunzipSync, inflateRawSync } from 'node:zlib'
import { mib } from '@caisson/core'
import type { Observation } from '../report.ts'
import { detectFileType } from './file-type.ts'
import { inspectTar, isTar } from './inspect-tar.ts'
import { inspectZip } from './inspect-zip.ts'
import { isTooLarge } from './too-large.ts'

const maxUnpackedBytes = 64 * mib
const maxRatio = 100
/** Small files compress as they like. */
const ratioCountsAbove = 10 * mib

const headerBytes = 10
const maxDepth = 4

/** Unpacks it, within bounds: what it says of its size is worth nothing. */
export function inspectGzip(bytes: Uint8Array, depth = 0): readonly Observation[] {
  try {
    return inspectUnpacked(bytes, gunzipSync(bytes, { maxOutputLength: maxUnpackedBytes }), depth)
  } catch (error) {
    return isTooLarge(error) ? [tooLarge(bytes)] : [malformed, ...inspectDamaged(bytes)]
  }
}

function inspectUnpacked(bytes: Uint8Array, unpacked: Buffer, depth: number): readonly Observation[] {
  const ratio = unpacked.byteLength / bytes.byteLength
  if (unpacked.byteLength > ratioCountsAbove && ratio > maxRatio) {
    return [bomb(`It unpacks to ${Math.round(ratio)} times its size.`)]
  }
  if (isTar(unpacked)) return inspectTar(unpacked)
  const type = detectFileType(unpacked)
  if (type === 'gzip')
    return depth < maxDepth ? inspectGzip(unpacked, depth + 1) : [bomb('It nests archives in archives in archives.')]
  return type === 'zip' ? inspectZip(unpacked) : []
}

/** What would come out for somebody who does not look at the checks at its end. */
function inspectDamaged(bytes: Uint8Array): readonly Observation[] {
  if (bytes[3] !== 0) return []
  const options = { maxOutputLength: maxUnpackedBytes, finishFlush: constants.Z_SYNC_FLUSH }
  try {
    return inspectUnpacked(bytes, inflateRawSync(bytes.subarray(headerBytes), options), maxDepth)
  } catch (error) {
    return isTooLarge(error) ? [tooLarge(bytes)] : []
  }
}

const malformed: Observation = { code: 'file.malformed', severity: 'risky', message: 'It does not unpack.' }

function tooLarge(bytes: Uint8Array): Observation {
  if (maxUnpackedBytes / bytes.byteLength > maxRatio) return bomb(`It unpacks to more than ${maxUnpackedBytes} bytes.`)
  const message = `Only its first ${maxUnpackedBytes} bytes were unpacked.`
  return { code: 'inspection.incomplete', severity: 'risky', message }
}

function bomb(message: string): Observation {
  return { code: 'archive.bomb', severity: 'hostile', message }
}

/** Says only whether its list of files is encrypted: nothing here unpacks it. */
export function inspectRar(bytes: Uint8Array): readonly Observation[] {
  const isNew = bytes[6] === 1
  // Version 5: checksum, size, then the type of the first header, where 4 means encryption. Before: a flag of the archive's header.
  const isEncrypted = isNew ? bytes[13] === 4 : bytes[9] === 0x73 && ((bytes[10] ?? 0) & 0x80) !== 0
  return [
    isEncrypted
      ? { code: 'archive.encrypted', severity: 'risky', message: 'It is encrypted, so what it contains is not known.' }
      : {
          code: 'archive.opaque',
          severity: 'risky',
          message: 'It is an archive of a kind that is not looked into, so what it contains is not known.',
        },
  ]
}
