/** Settings of the presence front end: `[presence]` and the section of each OpenID provider. */

import { choice, flag, integer, type Kind, list, seconds, url, urlPath } from '../kinds.ts'
import { optional, setting } from '../setting.ts'

/** Kept as it is written, because tokens name it letter by letter; only the slash at the end goes. */
const issuer: Kind<string> = {
  name: 'issuer',
  allowed: url.allowed,
  secret: false,
  read(given) {
    const reading = url.read(given)
    return 'value' in reading ? { value: given.replace(/\/+$/, '') } : reading
  },
}

const milliseconds = (most: number) => integer(0, most, 'milliseconds')

export const presence = {
  name: 'presence',
  meaning:
    'The presence front end: who is online, and messages from user to user, for those who sign in with an OpenID provider. It is off without this section. How to set it up: docs/presence.md.',
  settings: {
    path: setting(urlPath, '/', { meaning: 'Where clients connect.' }),
    providers: setting(list, '', {
      meaning: 'The OpenID providers whose tokens are accepted; each has a section `[presence-<name>]`.',
    }),
    revision: setting(choice('1', '2'), '1', {
      meaning:
        'How users are named: by issuer and subject (1, as the original began), or by `preferred_username` (2, its last revision).',
    }),
    interval: setting(milliseconds(10_000), '100', {
      meaning:
        'The time between two messages to one connection; 0 sends at once. Clients that look at the last message only lose some below 100.',
    }),
    grace: setting(milliseconds(60_000), '1000', {
      meaning:
        'How long a user without a connection still counts as online, so that a page may be loaded again; what is sent to it meanwhile waits. 0: not at all, as in the original.',
    }),
    clockskew: setting(seconds, '60', { meaning: 'By how much the clocks of providers may differ from ours.' }),
    refresh: setting(seconds, '10', {
      meaning: 'How old the keys of a provider may be when a token is checked; older ones are read again.',
    }),
    strict: setting(flag, 'false', {
      meaning:
        'Closes the connection (1011) where an error message would be sent, such as for a target that is not online: as the original does.',
    }),
    closeexpired: setting(flag, 'false', {
      meaning: 'Closes a connection (1008) when the token expires with which it was opened.',
    }),
    devices: setting(integer(1, 10_000), '16', { meaning: 'How many connections one user may have.' }),
    rate: setting(integer(0, 1_000_000), '100', {
      meaning: 'How many messages one user may send in a second on average, ten times as many at once; 0 is no limit.',
    }),
  },
} as const

/** The section that each provider has under its own name. */
export const ownProvider = {
  name: 'presence-<provider>',
  meaning: 'One OpenID provider; its name is listed in `[presence] providers`.',
  settings: {
    issuer: optional(issuer, {
      meaning: 'The value of `iss` in its tokens, as clients know it. A slash at its end does not matter.',
    }),
    discovery: optional(url, {
      meaning:
        'Where `.well-known/openid-configuration` is read, if the provider has another address inside. Default: `issuer`.',
    }),
    audience: setting(list, '', {
      meaning:
        'What has to be in `aud` of its tokens: usually the id of the client, or the name of this service. Of several one has to be in it.',
    }),
  },
} as const
