/** `[http]` and `[https]` as the rest of the program sees them, for every command that listens. */

import type { Config } from './config.ts'
import { readSection, type SectionRead } from './read-section.ts'
import { http, https } from './sections/http.ts'
import type { Sources } from './sources.ts'

/** `example` is an address that would be usual. */
export function readListeners(sources: Sources, example: string): Pick<Config, 'http' | 'https' | 'limits'> {
  const plain = readSection(sources, http)
  const tls = readSection(sources, https)
  checkListeners(sources, plain, tls, example)
  return {
    http: {
      listen: plain.values.listen,
      readTimeout: plain.values.readtimeout,
      writeTimeout: plain.values.writetimeout,
    },
    https: {
      listen: tls.values.listen,
      readTimeout: tls.values.readtimeout,
      writeTimeout: tls.values.writetimeout,
      certificate: tls.values.certificate,
      key: tls.values.key,
    },
    limits: { maxConnectionsPerAddress: plain.values.maxconnectionsperaddress },
  }
}

function checkListeners(
  sources: Sources,
  plain: SectionRead<typeof http.settings>,
  tls: SectionRead<typeof https.settings>,
  example: string,
): void {
  if (!plain.isGiven('listen') && !tls.isGiven('listen')) {
    const message = `is missing, in [https] too, so nobody could connect; write for example listen = ${example}`
    sources.faults.push({ severity: 'error', ...plain.place('listen'), section: 'http', key: 'listen', message })
  }
  if (!tls.isGiven('listen')) return
  for (const key of ['certificate', 'key'] as const) {
    if (tls.isGiven(key)) continue
    const message = `is missing; listen needs one: ${https.settings[key].allowed} (PEM)`
    sources.faults.push({ severity: 'error', ...tls.place('listen'), section: 'https', key, message })
  }
}
