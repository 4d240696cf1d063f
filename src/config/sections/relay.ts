/** Settings of the relay front end: `[relay]`. */

import { choice, integer, path, seconds, secret, urlPath, zeroIsDefault } from '../kinds.ts'
import { optional, setting } from '../setting.ts'
import { authUrl, users } from '../turn-kinds.ts'

const sampleUsers = ['alice:secret', 'bob:secret2']

/** ms. */
const usualAuthTimeout = 10_000
const usualHookTimeout = 10_000

export const relay = {
  name: 'relay',
  meaning:
    'Signaling as webrtc-server does it: rooms, and messages that go to everybody else in them. Without this section there is none. `users` or `authurl` is needed; the same names and passwords are good at our TURN server. The protocol: docs/protocols/relay.md.',
  settings: {
    path: setting(urlPath, '/websocket', { meaning: 'Where clients connect; the room is the segment behind it.' }),
    users: setting(users, '', {
      meaning: 'Who may come, with which password; in a file one a line.',
      placeholders: sampleUsers,
      reload: true,
    }),
    authurl: optional(authUrl, {
      meaning:
        'Asked for the password of a name that is not in `users`: POST {"username": "…"}, answered with 200 {"password": "…"}, or 403. The password that a client gave is not sent there.',
    }),
    authtimeout: setting(zeroIsDefault(seconds, usualAuthTimeout), '10', {
      meaning: 'How long a connection may take to say who it is. The original: 0.3.',
    }),
    idletimeout: setting(seconds, '60', {
      meaning:
        'A connection from which nothing was received for so long is closed; answers to our pings count. 0 is no limit.',
    }),
    maxmessage: setting(integer(1024, 16_777_216, 'bytes'), '65536', {
      meaning: 'The longest message; a longer one costs its connection.',
    }),
    revision: setting(choice('1', '2'), '1', {
      meaning:
        'Which protocol: 1 relays everything to everybody else, 2 (the last revision of the original) gives ids to the members and relays to one of them.',
    }),
    createcallback: optional(authUrl, {
      meaning: 'Told when somebody enters an empty room; revision 1 only. See docs/webhooks.md.',
    }),
    joincallback: optional(authUrl, { meaning: 'Told when somebody enters a room in which others are.' }),
    leavecallback: optional(authUrl, { meaning: 'Told when somebody has left.' }),
    webhooksecret: optional(secret({ atLeast: 16 }), {
      meaning: 'With which the calls of the three are signed.',
      placeholders: ['(openssl rand -hex 32)'],
    }),
    webhooktimeout: setting(zeroIsDefault(seconds, usualHookTimeout), '10', {
      meaning: 'How long one of these calls may take, and hold its room up.',
    }),
    outboxfolder: optional(path, {
      meaning:
        'Where calls are kept that have not been taken yet, so that a restart loses none. Of this server alone. Default: in memory only.',
    }),
  },
} as const
