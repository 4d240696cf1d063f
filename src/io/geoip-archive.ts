/** Finds the database in what was fetched: as it is, compressed, or in the archive that MaxMind offers. */
import { gunzipSync } from 'node:zlib'

/** Bytes. Those of cities have a quarter of it, those of countries a hundredth. */
export const longestDatabase = 256 * 1024 * 1024

/** Throws if there is none. */
export function databaseIn(bytes: Buffer): Buffer {
  const isCompressed = bytes[0] === 0x1f && bytes[1] === 0x8b
  const plain = isCompressed ? gunzipSync(bytes, { maxOutputLength: longestDatabase }) : bytes
  const isArchive = plain.toString('latin1', 257, 262) === 'ustar'
  return isArchive ? fileIn(plain) : plain
}

const block = 512

/** The first file of a tar archive whose name is that of a database. */
function fileIn(archive: Buffer): Buffer {
  for (let at = 0; at + block <= archive.length; ) {
    const name = text(archive, at, 100)
    // Without a sign: one that leads backwards would lead there again and again.
    const size = Math.max(0, Number.parseInt(text(archive, at + 124, 12), 8) || 0)
    const start = at + block
    if (name.endsWith('.mmdb') && start + size <= archive.length) return archive.subarray(start, start + size)
    at = start + Math.ceil(size / block) * block
  }
  throw new Error('there is no .mmdb file in the archive')
}

function text(archive: Buffer, at: number, length: number): string {
  const whole = archive.toString('latin1', at, at + length)
  const end = whole.indexOf('\0')
  return (end === -1 ? whole : whole.slice(0, end)).trim()
}
