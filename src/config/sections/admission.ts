/** Settings of the admission front end: `[admission]`. */

import { choice, integer, type Kind, list, seconds, secret, urlPath } from '../kinds.ts'
import { optional, setting } from '../setting.ts'

const origins: Kind<readonly string[]> = {
  ...list,
  name: 'origins, commas',
  allowed: 'a list separated by commas, each entry such as https://app.example.org, or *',
  read(given) {
    const reading = list.read(given)
    if (!('value' in reading)) return reading
    const odd = reading.value.find((one) => one !== '*' && !isOrigin(one))
    return odd === undefined ? reading : { unusable: odd }
  },
}

const isOrigin = (text: string): boolean =>
  /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text

export const admission = {
  name: 'admission',
  meaning:
    'The admission front end: rooms whose owners decide who comes in, over Socket.IO, as the Chat Signal server has it. It is off without this section. How to move over from the original: docs/admission.md.',
  settings: {
    path: setting(urlPath, '/socket.io', {
      meaning: 'Where Socket.IO clients connect. `POST /app` stays where it is.',
    }),
    appsecret: optional(secret({ atLeast: 1 }), {
      meaning: 'Signs all tokens; the `APP_SECRET` of the original keeps the tokens of applications good. Needed.',
      placeholders: ['secret', 'changeme'],
    }),
    apppassword: optional(secret({ atLeast: 1 }), {
      meaning: 'Whoever knows it gets a token for an application from `POST /app`. Without it nobody gets one.',
      placeholders: ['password', 'secret', 'changeme'],
    }),
    tokenlifetime: setting(integer(1, 31_536_000, 'seconds'), '86400', {
      meaning: 'How long the token of a session is good.',
    }),
    requesttimeout: setting(seconds, '120', {
      meaning: 'How long an owner may take to decide before the candidate is told that nobody did.',
    }),
    maxpayload: setting(integer(0, 1_000_000, 'bytes'), '16384', {
      meaning: 'The longest `payload` or `peerinfo`, as bytes of JSON.',
    }),
    maxrooms: setting(integer(1, 10_000), '50', { meaning: 'How many rooms one socket may be in or ask for.' }),
    maxmembers: setting(integer(1, 10_000), '200', { meaning: 'How many may be in one room.' }),
    eventrate: setting(integer(0, 1_000_000), '200', {
      meaning: 'How many events one socket may send in a second on average, five times as many at once; 0 is no limit.',
    }),
    origins: setting(origins, '', {
      meaning:
        'Pages of which origins may use `/app` and the polling transport. Default, as the original: `/app` from everywhere, polling from our own origin only. WebSocket connections are not bound by it.',
    }),
    revision: setting(choice('1', '2'), '1', {
      meaning:
        'Of the original. Leaving and `peerinfo` are told in both; in 2 `peersinfo` is also there when nobody gave one.',
    }),
  },
} as const
