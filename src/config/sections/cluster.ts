/** Settings of several nodes: `[nats]`, `[grpc]`, `[etcd]`, and `[federation]` with other servers. */

import {
  choice,
  flag,
  integer,
  ipRanges,
  list,
  path,
  seconds,
  secretList,
  text,
  words,
  zeroIsDefault,
} from '../kinds.ts'
import { optional, setting } from '../setting.ts'
import { noBroker, noEtcd, noGrpc } from './not-yet.ts'

/** How etcd is reached; older files have these keys in `[mcu]`. */
export const etcdAccess = {
  endpoints: optional(list, { meaning: 'Addresses of etcd.', notYet: () => noEtcd }),
  discoverysrv: optional(text, { meaning: 'Domain whose SRV records name the endpoints.', notYet: () => noEtcd }),
  discoveryservice: optional(text, { meaning: 'Service name in these records.' }),
  clientkey: optional(path, { meaning: 'Private key for TLS to etcd.' }),
  clientcert: optional(path, { meaning: 'Certificate for TLS to etcd.' }),
  cacert: optional(path, { meaning: 'Authority that signed the certificates of etcd.' }),
} as const

export const nats = {
  name: 'nats',
  meaning: 'The bus between nodes. Without this section, and with `nats://loopback`, there is one node and no broker.',
  later: true,
  settings: {
    url: optional(secretList, {
      meaning: 'Broker urls, separated by commas.',
      notYet: (given) => (given.split(',').every(isLoopback) ? undefined : noBroker),
    }),
  },
} as const

export const grpc = {
  name: 'grpc',
  meaning: 'Questions between nodes.',
  later: true,
  settings: {
    listen: optional(words, { meaning: 'Where to listen for other nodes.', notYet: () => noGrpc }),
    servercertificate: optional(path, { meaning: 'Certificate of this node as a server.' }),
    serverkey: optional(path, { meaning: 'Private key of this node as a server.' }),
    serverca: optional(path, { meaning: 'Authority that other nodes must be signed by.' }),
    clientcertificate: optional(path, { meaning: 'Certificate of this node as a client.' }),
    clientkey: optional(path, { meaning: 'Private key of this node as a client.' }),
    clientca: optional(path, { meaning: 'Authority that connecting nodes must be signed by.' }),
    targettype: setting(choice('static', 'etcd'), 'static', {
      meaning: 'Where other nodes are listed: in `targets`, or in etcd.',
      notYet: (given) => (given.toLowerCase() === 'etcd' ? noGrpc : undefined),
    }),
    targets: optional(list, { meaning: 'Addresses of the other nodes.', notYet: () => noGrpc }),
    dnsdiscovery: setting(flag, 'false', {
      meaning: 'Connects to every address that the host name of a target has, and follows changes.',
    }),
    targetprefix: optional(text, { meaning: 'Where in etcd the nodes are.' }),
  },
} as const

export const etcd = {
  name: 'etcd',
  meaning: 'A store from which lists of backends, proxies and nodes may be read.',
  later: true,
  settings: { ...etcdAccess, loglevel: optional(text, { meaning: 'How much the etcd client tells.' }) },
} as const

export const federation = {
  name: 'federation',
  meaning: 'Rooms of other Nextclouds: connections to their signaling servers, on behalf of clients of ours.',
  settings: {
    skipverify: setting(flag, 'false', {
      meaning: 'Accepts any certificate of such a server. For development only.',
      reload: true,
    }),
    timeout: setting(zeroIsDefault(seconds, 10_000), '10', {
      meaning: 'How long such a server may take to connect, and for each answer that a join waits for.',
      reload: true,
    }),
    allowedtargets: optional(ipRanges, {
      meaning:
        'Addresses that such servers may have although they are loopback, private, link-local or otherwise not public. Clients name the servers: whatever is listed here can be reached by them.',
      reload: true,
    }),
    maxconnections: setting(integer(0, 1_000_000), '1000', {
      meaning: 'The most such connections; one more is refused. 0: nobody joins rooms of other servers.',
      reload: true,
    }),
    maxconnectionsperuser: setting(integer(1, 1_000_000), '20', {
      meaning: 'How many of them one user may have. All guests of a backend count as one user.',
      reload: true,
    }),
  },
} as const

function isLoopback(url: string): boolean {
  return ['', 'nats://loopback', ':loopback:'].includes(url.trim().toLowerCase().replace(/\/$/, ''))
}
