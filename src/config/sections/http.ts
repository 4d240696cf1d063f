/** Settings of the two listeners: `[http]` and `[https]`. */

import { integer, listenAddresses, path, seconds, zeroIsDefault } from '../kinds.ts'
import { optional, setting } from '../setting.ts'

const readTimeout = setting(zeroIsDefault(seconds, 15_000), '15', {
  meaning: 'How long a client may take to send a request.',
})
const writeTimeout = setting(zeroIsDefault(seconds, 30_000), '30', {
  meaning:
    'Accepted for the sake of existing files. Nobody here waits for a client that reads slowly; what may wait for one is bounded by `[sessions] maxpendingbytes`.',
})

export const http = {
  name: 'http',
  meaning:
    'The listener without TLS, usually behind a reverse proxy. At least one of `[http]` and `[https]` must listen.',
  settings: {
    listen: setting(listenAddresses, '', { meaning: 'Where to listen; one address or several.' }),
    readtimeout: readTimeout,
    writetimeout: writeTimeout,
    maxconnectionsperaddress: setting(integer(0, 1_000_000), '0', {
      meaning:
        'How many connections one client may hold open, counted by IPv4 address or IPv6 /64, behind a trusted proxy by the address it names; 0 is no limit. Holds for `[https]` too.',
    }),
  },
} as const

export const https = {
  name: 'https',
  meaning: 'The listener with TLS.',
  settings: {
    listen: setting(listenAddresses, '', { meaning: 'Where to listen; one address or several.' }),
    readtimeout: readTimeout,
    writetimeout: writeTimeout,
    certificate: optional(path, { meaning: 'Certificate chain (PEM). Needed when `listen` is set.' }),
    key: optional(path, { meaning: 'Private key of the certificate (PEM). Needed when `listen` is set.' }),
  },
} as const
