/** Settings of the STUN/TURN server of our own: `[turn-server]`. */

import { choice, flag, integer, path, secret } from '../kinds.ts'
import { optional, setting } from '../setting.ts'
import {
  authUrl,
  externalAddresses,
  hostName,
  peerRanges,
  realm,
  relayAddresses,
  secrets,
  turnListen,
  users,
} from '../turn-kinds.ts'

/** Those of sample files and well-known instructions; of `users` the whole entry. */
const sampleSecrets = ['north', 'the-turn-secret', 'SECRETO_TURN', '6d1c17a7-c736-4e22-b02c-e2955b7ecc64']
const sampleUsers = ['ninefingers:youhavetoberealistic', 'gorst:hero', 'username1:password1', 'alice:password']

/** Where the number of allocations ends that anybody could mean. */
const many = 1_000_000

export const turnServer = {
  name: 'turn-server',
  meaning:
    'The STUN/TURN server of our own; without this section there is none. `secret`, `users` or `authurl` is needed. How to set it up: docs/turn.md.',
  settings: {
    listen: setting(turnListen, '', {
      meaning:
        'Where to listen for UDP and TCP; `:3478` is every address, IPv4 and IPv6. It is that if `tlslisten` is not given either.',
    }),
    tlslisten: setting(turnListen, '', {
      meaning:
        'Where to listen for TLS. An address and port that stands in `listen` too is for UDP and TLS, and not for TCP without TLS.',
    }),
    certificate: optional(path, {
      meaning: 'Certificate chain (PEM), read again when the file changes. Needed when `tlslisten` is set.',
    }),
    key: optional(path, { meaning: 'Private key of the certificate (PEM). Needed when `tlslisten` is set.' }),
    hostname: optional(hostName, {
      meaning:
        'The name that urls handed out have. Default: for TLS the first DNS name of the certificate; else the external or relay address.',
      reload: true,
    }),
    realm: optional(realm, { meaning: 'Named in every challenge. Default: `hostname`, else heliograph.' }),
    secret: setting(secrets, '', {
      meaning:
        'From which time-limited credentials are made, by Talk and by `/turn/credentials` (with the first). Several, separated by commas, while one is being replaced.',
      placeholders: sampleSecrets,
      reload: true,
    }),
    users: setting(users, '', {
      meaning: 'Static users; in a file one a line.',
      placeholders: sampleUsers,
      reload: true,
    }),
    authurl: optional(authUrl, {
      meaning:
        'Asked for the password of a name that is not known otherwise: POST {"username": "…"}, answered with 200 {"password": "…"}, or 403.',
      reload: true,
    }),
    relayaddress: setting(relayAddresses, '', {
      meaning:
        'Where relay sockets are bound. Default: the addresses in `listen`; if that is every address, the one through which the machine reaches others. A family without one is not offered.',
    }),
    externaladdress: setting(externalAddresses, '', {
      meaning: 'What clients are told in its place, where a 1:1 NAT stands in front.',
      reload: true,
    }),
    minport: setting(integer(1024, 65_535), '49152', { meaning: 'The lowest relay port.' }),
    maxport: setting(integer(1024, 65_535), '65535', { meaning: 'The highest relay port.' }),
    allowedpeers: setting(peerRanges, '', {
      meaning:
        'Peers that clients may reach although they are refused by default: loopback, private and link-local addresses and the like. Link-local ones and those of cloud metadata only by a range within theirs.',
      reload: true,
    }),
    deniedpeers: setting(peerRanges, '', {
      meaning: 'Peers that clients may not reach, whatever else lets them in.',
      reload: true,
    }),
    userquota: setting(integer(0, many), '24', {
      meaning:
        'How many allocations one user may have, counted by the user part of a time-limited name; 0 is no limit. A browser makes one for each of its addresses and each url.',
      reload: true,
    }),
    sourcequota: setting(integer(0, many), '0', {
      meaning: 'The same for one IPv4 address or IPv6 /64; 0 is no limit. Many people may stand behind one address.',
      reload: true,
    }),
    totalquota: setting(integer(0, many), '0', {
      meaning: 'How many allocations there may be; 0 is what the port range allows.',
      reload: true,
    }),
    challengerate: setting(integer(0, many), '10', {
      meaning:
        'How many requests without good credentials of one IPv4 address or IPv6 /64 are answered in a second; 0 is no limit. Over TCP and TLS only wrong names and passwords count.',
      reload: true,
    }),
    bindingrate: setting(integer(0, many), '50', {
      meaning: 'The same for STUN Binding requests, over UDP only.',
      reload: true,
    }),
    maxbps: setting(integer(0, 10 ** 12, 'bytes per second'), '0', {
      meaning: 'The most that one allocation may relay each way, in bytes per second; 0 is no limit.',
      reload: true,
    }),
    legacychannels: setting(flag, 'false', {
      meaning: 'Lets in the channel numbers of RFC 5766 that are not those of RFC 8656: 0x5000 to 0x7FFE.',
      reload: true,
    }),
    tcprelay: setting(flag, 'false', {
      meaning: 'Offers relaying to peers over TCP (RFC 6062). WebRTC has no use for it.',
    }),
    sha256: setting(flag, 'false', {
      meaning: 'Offers MESSAGE-INTEGRITY-SHA256 (RFC 8489). Challenges become longer by it.',
      reload: true,
    }),
    noncekey: optional(secret({ atLeast: 16 }), {
      meaning: 'Signs nonces; servers with the same one know each other’s. Default: random at each start.',
    }),
    workers: setting(integer(0, 16), '0', { meaning: 'Threads that relay; 0 is one for each core, at most 16.' }),
    path: setting(choice('auto', 'batch', 'portable'), 'auto', {
      meaning:
        'How datagrams reach the kernel: many at once (batch, Linux only), one by one (portable), or batch where it can be had (auto).',
    }),
    coturnmetrics: setting(flag, 'false', {
      meaning: 'Tells the numbers also under the names that coturn has for them.',
      reload: true,
    }),
  },
} as const
