/** Settings of the program as a whole: `[app]`, `[sessions]`, `[clients]`, `[stats]`. */

import { choice, flag, integer, ipRanges, seconds, secret } from '../kinds.ts'
import { optional, setting } from '../setting.ts'

export const app = {
  name: 'app',
  meaning: 'The program as a whole.',
  settings: {
    debug: setting(flag, 'false', {
      meaning:
        'Offers the debug pages to the addresses in `[stats] allowed_ips`: `/debug/pprof/` lists them, `/debug/pprof/memory` tells what the process holds and computed, `/debug/pprof/heap` what the garbage collector knows, by type of object. Off: 404.',
    }),
    allowsubscribeany: setting(flag, 'false', {
      meaning: 'Lets a session subscribe to streams outside its own call. For tests only: it breaks privacy.',
    }),
    trustedproxies: setting(ipRanges, '127.0.0.0/8, ::1, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16', {
      meaning: 'The reverse proxies that are believed when they name the client in `X-Real-IP` or `X-Forwarded-For`.',
      reload: true,
    }),
    draintimeout: setting(seconds, '10', {
      meaning: 'How long a graceful stop waits for sessions to move on before it closes what is left.',
    }),
  },
} as const

export const sessions = {
  name: 'sessions',
  meaning: 'Session ids and what is kept for a session whose connection broke.',
  settings: {
    hashkey: optional(secret({ atLeast: 8 }), {
      meaning: 'Signs session ids; 32 or 64 random bytes. Required; the same on all nodes of a cluster.',
      placeholders: ['the-secret-for-session-checksums'],
    }),
    blockkey: optional(secret({ oneOf: [16, 24, 32] }), {
      meaning: 'Encrypts session ids; without it their content can be read, though not forged.',
      placeholders: ['-encryption-key-'],
    }),
    idformat: setting(choice('sealed', 'cookie'), 'sealed', {
      meaning:
        'How ids are written. `cookie` is as 0.4.1 does it, for its load client and tools that read ids; a hello that gets no answer from Talk below its `auth.url` is then posted to that url itself. Not for production.',
    }),
    maxpendingbytes: setting(integer(1024, 2 ** 30, 'bytes'), '1048576', {
      meaning: 'How much may wait for one session that is away or reads slowly, before the session is given up.',
    }),
    maxpendingmessages: setting(integer(1, 10_000_000), '1000', {
      meaning: 'The same, in messages.',
    }),
  },
} as const

export const clients = {
  name: 'clients',
  meaning: 'Internal clients, such as recording and telephony.',
  settings: {
    internalsecret: optional(secret({ atLeast: 1 }), {
      meaning: 'What internal clients prove to know. Without it none can connect.',
      placeholders: ['the-shared-secret-for-internal-clients'],
    }),
  },
} as const

export const stats = {
  name: 'stats',
  meaning: 'Who may look at statistics.',
  settings: {
    allowed_ips: setting(ipRanges, '127.0.0.1, ::1', {
      meaning: 'Clients that may ask for statistics, metrics and debug pages.',
      reload: true,
    }),
  },
} as const
