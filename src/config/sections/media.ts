/** Settings of media: `[mcu]` (the SFU) and `[turn]` (credentials for a TURN server elsewhere). */

import { bitrate, choice, flag, ipRanges, list, path, seconds, secret, text, words, zeroIsDefault } from '../kinds.ts'
import { optional, setting } from '../setting.ts'
import { etcdAccess } from './cluster.ts'
import { noEtcdProxies } from './not-yet.ts'

export const mcu = {
  name: 'mcu',
  meaning: 'The SFU through which larger calls send their media.',
  settings: {
    type: optional(choice('janus', 'proxy'), {
      meaning: 'One Janus gateway, or media proxies. Without it there is no SFU.',
    }),
    url: optional(words, {
      meaning:
        'WebSocket url of Janus, or the urls of the proxies, which end with a slash. A reload takes over proxies that come and go; another Janus needs a restart.',
      reload: true,
    }),
    maxstreambitrate: setting(bitrate, '1048576', {
      meaning: 'The most a camera or microphone stream may send.',
      reload: true,
    }),
    maxscreenbitrate: setting(bitrate, '2097152', { meaning: 'The most a screen stream may send.', reload: true }),
    allowedcandidates: optional(ipRanges, {
      meaning: 'Addresses that clients may name as candidates even if they are blocked below.',
      reload: true,
    }),
    blockedcandidates: optional(ipRanges, { meaning: 'Addresses whose candidates are dropped.', reload: true }),
    timeout: setting(zeroIsDefault(seconds, 10_000), '10', {
      meaning: 'How long a request to the SFU may take.',
      reload: true,
    }),
    proxytimeout: setting(zeroIsDefault(seconds, 2000), '2', {
      meaning: 'How long a request to a proxy may take.',
      reload: true,
    }),
    urltype: setting(choice('static', 'etcd'), 'static', {
      meaning: 'Where proxies are listed: in `url`, or in etcd.',
      notYet: (value) => (value.toLowerCase() === 'etcd' ? noEtcdProxies : undefined),
    }),
    skipverify: setting(flag, 'false', { meaning: 'Accepts any certificate of a proxy. For development only.' }),
    token_id: optional(text, { meaning: 'The name under which the proxies know our key.', reload: true }),
    token_key: optional(path, {
      meaning: 'Private RSA key (PEM) that signs in to the proxies; 2048 bits or more.',
      reload: true,
    }),
    dnsdiscovery: setting(flag, 'false', {
      meaning: 'Connects to every address that the host name of a proxy has, and follows changes.',
      reload: true,
    }),
    keyprefix: optional(text, { meaning: 'Where in etcd the proxies are.' }),
    ...etcdAccess,
  },
} as const

export const turn = {
  name: 'turn',
  meaning:
    'Handing out TURN credentials, to the SFU (`/turn/credentials`) and to pages of your own (`/ice`): for our own TURN server, or for one elsewhere.',
  settings: {
    apikey: optional(secret({ atLeast: 1 }), {
      meaning: 'What the asker must present. Needed when `servers` is set; without it nothing is handed out.',
      placeholders: ['the-api-key-for-the-rest-service'],
      reload: true,
    }),
    secret: optional(secret({ atLeast: 1 }), {
      meaning:
        'Shared with the TURN server. Needed when `servers` is set; without those the first of `[turn-server] secret` takes its place.',
      placeholders: ['6d1c17a7-c736-4e22-b02c-e2955b7ecc64'],
      reload: true,
    }),
    servers: setting(list, '', {
      meaning: 'TURN urls to hand out. Default: those of our own TURN server.',
      reload: true,
    }),
  },
} as const
