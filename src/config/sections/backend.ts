/** Settings of the Nextcloud servers that may use this server: `[backend]` and one section for each. */

import { bitrate, choice, flag, integer, list, seconds, secret, text, url, urls, zeroIsDefault } from '../kinds.ts'
import { optional, setting } from '../setting.ts'
import { noEtcdBackends } from './not-yet.ts'

const sessionLimit = setting(integer(0, 1_000_000_000), '0', {
  meaning: 'How many sessions may be open at once; 0 is no limit.',
  reload: true,
})
const maxStreamBitrate = setting(bitrate, '0', {
  meaning: 'The most a camera or microphone stream may send; 0 leaves it to `[mcu]`.',
  reload: true,
})
const maxScreenBitrate = setting(bitrate, '0', {
  meaning: 'The most a screen stream may send; 0 leaves it to `[mcu]`.',
  reload: true,
})
const sampleSecrets = ['the-shared-secret', 'the-shared-secret-for-allowall']

export const backend = {
  name: 'backend',
  meaning: 'The Nextcloud servers that may use this server. Without this section Talk is off.',
  settings: {
    backendtype: setting(choice('static', 'etcd'), 'static', {
      meaning: 'Where backends are listed: in this file, or in etcd.',
      notYet: (given) => (given.toLowerCase() === 'etcd' ? noEtcdBackends : undefined),
    }),
    backends: setting(list, '', {
      meaning:
        'Names of the backends; each has a section of that name. Rooms and users of one backend are unknown to the others.',
      reload: true,
    }),
    backendprefix: optional(text, { meaning: 'Where in etcd the backends are.' }),
    allowall: setting(flag, 'false', {
      meaning: 'Accepts any server that knows `secret`. For development and load tests only.',
      reload: true,
    }),
    allowed: setting(list, '', {
      meaning: 'Older form of `backends`: host names that share `secret`. They count as one backend.',
      reload: true,
    }),
    allowhttp: setting(flag, 'false', {
      meaning: 'Whether the hosts in `allowed` may be reached without TLS.',
      reload: true,
    }),
    secret: optional(secret({ atLeast: 1 }), {
      meaning: 'Shared secret for `allowall`, `allowed`, and for backends that have none of their own.',
      placeholders: sampleSecrets,
      reload: true,
    }),
    timeout: setting(zeroIsDefault(seconds, 10_000), '10', {
      meaning: 'How long a request to a backend may take.',
    }),
    connectionsperhost: setting(zeroIsDefault(integer(0, 10_000), 8), '8', {
      meaning: 'How many requests may be under way to one host at once.',
    }),
    skipverify: setting(flag, 'false', {
      meaning: 'Accepts any certificate of a backend. For development only.',
    }),
    maxbodysize: setting(integer(1024, 2 ** 30, 'bytes'), '4194304', {
      meaning: 'The largest body that the room API takes from a backend.',
    }),
    sessionlimit: sessionLimit,
    maxstreambitrate: maxStreamBitrate,
    maxscreenbitrate: maxScreenBitrate,
  },
} as const

/** Its name is the id that stands in `[backend] backends`. */
export const ownBackend = {
  name: '<backend>',
  meaning: 'One section for each name in `[backend] backends`, headed by that name.',
  settings: {
    urls: optional(urls, {
      meaning: 'Where the server is reached; a request belongs to the backend that one of its urls begins with.',
      reload: true,
    }),
    url: optional(url, { meaning: 'Older form of `urls`, for one url.', reload: true }),
    secret: optional(secret({ atLeast: 1 }), {
      meaning: 'Shared with this backend (Talk settings, High-performance backend). Default: `[backend] secret`.',
      placeholders: sampleSecrets,
      reload: true,
    }),
    sessionlimit: sessionLimit,
    maxstreambitrate: maxStreamBitrate,
    maxscreenbitrate: maxScreenBitrate,
  },
} as const
