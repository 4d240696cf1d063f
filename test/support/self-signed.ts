/** Self-signed certificates for localhost and 127.0.0.1, made by openssl when they are asked for. */
import { readFileSync } from 'node:fs'
import { debian } from './deb.ts'
import { tempFolder } from './temp-folder.ts'

export interface SelfSigned {
  /** PEM. */
  readonly key: string
  readonly cert: string
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

export function selfSigned(commonName = 'localhost', altNames = 'DNS:localhost,IP:127.0.0.1'): SelfSigned {
  using folder = tempFolder()
  const [key, cert] = [folder.file('key.pem'), folder.file('cert.pem')]
  const subject = ['-subj', `/CN=${commonName}`, '-addext', `subjectAltName=${altNames}`]
  openssl('req', '-x509', ...newKey, '-days', '2', ...subject, '-keyout', key, '-out', cert)
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
}

/** One whose time is over. */
export function expiredSelfSigned(): SelfSigned {
  using folder = tempFolder()
  const [key, cert, request] = [folder.file('key.pem'), folder.file('cert.pem'), folder.file('request.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
  openssl('req', '-new', ...newKey, ...subject, '-keyout', key, '-out', request)
  openssl('x509', '-req', '-in', request, '-signkey', key, '-days', '-1', '-copy_extensions', 'copy', '-out', cert)
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
}

function openssl(...words: readonly string[]): void {
  const made = Bun.spawnSync([debian.openssl.path, ...words])
  if (made.exitCode !== 0) throw new Error(`openssl: ${made.stderr.toString()}`)
}
