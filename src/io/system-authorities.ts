/**
 * The certificate authorities that this machine trusts. A Nextcloud in an intranet often has a certificate of the
 * company's own authority, which the administrator made known to the system and not to us.
 */
import { readFileSync } from 'node:fs'

/** Where distributions keep the bundle; the first that is there counts. */
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

/** The bundle as PEM text; `SSL_CERT_FILE` comes before the usual places. Undefined: the runtime's own list is used. */
export function systemAuthorities(
  environment: Readonly<Record<string, string | undefined>>,
  places: readonly string[] = bundles,
): string | undefined {
  const wanted = environment['SSL_CERT_FILE']
  for (const path of wanted ? [wanted, ...places] : places) {
    try {
      const text = readFileSync(path, 'utf8')
      if (text.includes('-----BEGIN CERTIFICATE-----')) return text
    } catch {
      // Not there, or not for us to read: the next place.
    }
  }
  return undefined
}
