/** The portable worker keeps to what every worker keeps to, over each of its transports. */
import { afterAll } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { describeTurnWorker } from '../../../contract/turn-worker.ts'
import { selfSigned } from '../../../support/self-signed.ts'
import { tempFolder } from '../../../support/temp-folder.ts'

const folder = tempFolder()
const files = { certificate: folder.file('cert.pem'), key: folder.file('key.pem') }
const pair = selfSigned()
writeFileSync(files.certificate, pair.cert)
writeFileSync(files.key, pair.key)
afterAll(() => folder[Symbol.dispose]())

describeTurnWorker('the portable worker over UDP', { path: 'portable', transport: 'udp' })
describeTurnWorker('the portable worker over UDP and IPv6', { path: 'portable', transport: 'udp', host: '::1' })
describeTurnWorker('the portable worker over TCP', { path: 'portable', transport: 'tcp' })
describeTurnWorker('the portable worker over TLS', { path: 'portable', transport: 'tls', files })
