/** Settings of `proxy.conf` that the signaling server does not have, or has otherwise. */

import { choice, flag, integer, type Kind, path, seconds, text, zeroIsDefault } from '../kinds.ts'
import { optional, setting } from '../setting.ts'
import { app } from './app.ts'
import { mcu } from './media.ts'

const country: Kind<string> = {
  name: 'two letters',
  allowed: 'a country code of two letters (ISO 3166)',
  secret: false,
  read: (given) => (/^[a-z]{2}$/i.test(given) ? { value: given.toUpperCase() } : { unusable: given }),
}

/** A name or an address, without brackets. */
const host: Kind<string> = {
  name: 'host',
  allowed: 'a host name or an IP address, without a port',
  secret: false,
  read: (given) => (/^[a-z0-9]([a-z0-9.:-]{0,253})$/i.test(given) ? { value: given } : { unusable: given }),
}

export const proxyApp = {
  name: 'app',
  meaning: 'The program as a whole, and streams from other proxies.',
  settings: {
    debug: app.settings.debug,
    trustedproxies: app.settings.trustedproxies,
    draintimeout: {
      ...app.settings.draintimeout,
      meaning: 'How long a graceful stop waits for connections to end before it cuts them.',
    },
    country: optional(country, {
      meaning: 'The country in which this proxy is; signaling servers choose a proxy near the client by it.',
    }),
    tokentype: setting(choice('static', 'etcd'), 'static', {
      meaning: 'Where the keys of signaling servers are: in `[tokens]`, or in etcd (not in this build yet).',
    }),
    hostname: optional(host, {
      meaning:
        'Where other proxies send the media of their publishers: a host name or address of the Janus of this proxy. Default: the first public IPv4 address of this machine.',
    }),
    token_id: optional(text, {
      meaning:
        'The name under which other proxies have our public key in their `[tokens]`. Without it, streams of publishers on other proxies cannot be had through this one.',
    }),
    token_key: optional(path, { meaning: 'The private key that goes with it (PEM). Needed when `token_id` is set.' }),
    skipverify: setting(flag, 'false', {
      meaning: 'Accepts any certificate of another proxy. For development only.',
    }),
  },
} as const

const megabits = integer(0, 1_000_000, 'Mbit/s')

export const bandwidth = {
  name: 'bandwidth',
  meaning:
    'What the network of this proxy can take. When a limit is reached, signaling servers send new publishers or subscribers elsewhere if they can; nobody is turned away.',
  settings: {
    incoming: setting(megabits, '0', { meaning: 'What publishers may send together; 0 is no limit.', reload: true }),
    outgoing: setting(megabits, '0', {
      meaning: 'What subscribers may receive together; 0 is no limit.',
      reload: true,
    }),
  },
} as const

/** `[tokens]`: its other keys are chosen by the operator. */
export const tokens = {
  name: 'tokens',
  meaning:
    'Who may connect, one line each: `<token_id of the signaling server> = <path of its public key (PEM, RSA)>`. Another proxy that is to have streams from here needs a line too. At least one is needed. A change counts after a reload.',
  settings: {
    keyformat: optional(text, { meaning: 'Where in etcd the keys are; without effect in this build.' }),
  },
} as const

const socketUrl: Kind<string> = {
  name: 'url of a WebSocket',
  allowed: 'ws:// or wss:// and a host, perhaps with port and path, such as ws://127.0.0.1:8188/',
  secret: false,
  read: (given) =>
    /^wss?:\/\/[^\s/]\S*$/i.test(given) && URL.canParse(given) ? { value: given } : { unusable: given },
}

export const proxyMcu = {
  name: 'mcu',
  meaning: 'The Janus gateway that this proxy stands in front of.',
  settings: {
    type: setting(choice('janus'), 'janus', { meaning: 'What the SFU is.' }),
    url: optional(socketUrl, { meaning: 'WebSocket url of Janus. Required.' }),
    maxstreambitrate: { ...mcu.settings.maxstreambitrate, reload: true },
    maxscreenbitrate: { ...mcu.settings.maxscreenbitrate, reload: true },
    allowedcandidates: { ...mcu.settings.allowedcandidates, reload: true },
    blockedcandidates: { ...mcu.settings.blockedcandidates, reload: true },
    timeout: setting(zeroIsDefault(seconds, 10_000), '10', { meaning: 'How long a request to Janus may take.' }),
  },
} as const
