/** A self-signed certificate for localhost and 127.0.0.1, made by openssl when it is asked for. */
import { readFileSync } from 'node:fs'
import { debian } from './deb.ts'
import { tempFolder } from './temp-folder.ts'

export interface SelfSigned {
  /** PEM. */
  readonly key: string
  readonly cert: string
}

export function selfSigned(commonName = 'localhost', altNames = 'DNS:localhost,IP:127.0.0.1'): SelfSigned {
  using folder = tempFolder()
  const keyFile = folder.file('key.pem')
  const certFile = folder.file('cert.pem')
  const made = Bun.spawnSync(
    [debian.openssl.path, 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
      .concat(['-days', '2', '-subj', `/CN=${commonName}`, '-addext', `subjectAltName=${altNames}`])
      .concat(['-keyout', keyFile, '-out', certFile]),
  )
  if (made.exitCode !== 0) throw new Error(`openssl: ${made.stderr.toString()}`)
  return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') }
}
