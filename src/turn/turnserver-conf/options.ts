/** Every option that a turnserver.conf may have had since coturn 4.5, and what becomes of it here. */

export type Fate =
  /** Read by `convert.ts`. */
  | { readonly fate: 'converted' }
  /** It is so here whatever the file says. */
  | { readonly fate: 'always'; readonly why: string }
  | { readonly fate: 'left out'; readonly why: string }

type Entry = readonly [option: string, fate: Fate]

const each = (fate: Fate, options: readonly string[]): readonly Entry[] =>
  options.flatMap((some) => some.split(' ')).map((option) => [option, fate])
const converted = (...options: readonly string[]): readonly Entry[] => each({ fate: 'converted' }, options)
const always = (why: string, ...options: readonly string[]): readonly Entry[] => each({ fate: 'always', why }, options)
const leftOut = (why: string, ...options: readonly string[]): readonly Entry[] =>
  each({ fate: 'left out', why }, options)

export const fates: ReadonlyMap<string, Fate> = new Map([
  ...converted('listening-port tls-listening-port listening-ip aux-server no-udp no-tcp no-tls cert pkey server-name'),
  ...converted('relay-ip external-ip min-port max-port'),
  ...converted('realm use-auth-secret static-auth-secret user no-auth rest-api-separator'),
  ...converted('allowed-peer-ip denied-peer-ip allow-loopback-peers'),
  ...converted(
    'user-quota total-quota max-bps unauthorized-ratelimit unauthorized-ratelimit-rps rfc5766-channel-numbers',
    'prometheus relay-threads stateless-nonce-secret',
  ),

  ...always('long-term credentials are the only ones here', 'lt-cred-mech'),
  ...always('an answer has FINGERPRINT when the request has it', 'fingerprint'),
  ...always('nonces expire after 600 s and nothing is stored for them', 'stale-nonce stateless-nonce'),
  ...always('multicast and broadcast addresses are nobody’s peer', 'no-multicast-peers'),
  ...always('loopback is refused unless allowedpeers names it', 'no-loopback-peers'),
  ...always('answers do not name the software', 'prod no-software-attribute'),
  ...always('TCP relays (RFC 6062) are off unless tcprelay is set', 'no-tcp-relay'),
  ...always('DTLS is not offered', 'no-dtls'),
  ...always('NAT discovery (RFC 5780) is not offered', 'no-rfc5780 response-origin-only-with-rfc5780'),
  ...always('messages of RFC 3489 are not answered', 'no-stun-backward-compatibility'),
  ...always('TLS begins at version 1.2', 'no-sslv2 no-sslv3 no-tlsv1 no-tlsv1_1'),
  ...always('what is not STUN is dropped', 'drop-invalid-packets no-http'),
  ...always('there is no console on a port of its own', 'no-cli'),
  ...always('there is no database of addresses, realms or pings', 'no-auth-pings no-dynamic-ip-list no-dynamic-realms'),
  ...always('the log goes to standard error, for the system to keep', 'no-stdout-log simple-log new-log-timestamp'),
  ...always('packets are moved in batches where the system can', 'udp-recvmmsg udp-gso'),

  ...leftOut(
    'the TLS library chooses; TLS begins at version 1.2',
    'cipher-list ec-curve-name tlsv1 tlsv1_1 no-tlsv1_2',
  ),
  ...leftOut('key exchange is by elliptic curves', 'dh-file dh566 dh1066 dh2066'),
  ...leftOut('the key file must not be encrypted', 'pkey-pwd'),
  ...leftOut('clients do not show certificates', 'CA-file raw-public-keys'),
  ...leftOut('the log goes to standard error (journald, docker logs)', 'log-file syslog syslog-facility'),
  ...leftOut('log lines are JSON; see serve --log-format', 'new-log-timestamp-format'),
  ...leftOut('see serve --log-level', 'verbose Verbose log-min-level log-binding'),
  ...leftOut('packets are not logged one by one', 'udp-recvmmsg-log udp-sendmmsg-log drop-invalid-packets-log'),
  ...leftOut('OAuth is not offered', 'oauth'),
  ...leftOut(
    'passwords come from users, secret or authurl, not from a database',
    'userdb db psql-userdb sql-userdb',
    'mysql-userdb mongo-userdb redis-userdb',
  ),
  ...leftOut('there is no database whose password it could open', 'secret-key-file'),
  ...leftOut('metrics and one log line per allocation tell the same', 'redis-statsdb'),
  ...leftOut(
    'metrics are at /metrics of the web listener, for [stats] allowed_ips',
    'prometheus-port',
    'prometheus-address prometheus-path',
    'prometheus-tls prometheus-cert',
    'prometheus-key',
  ),
  ...leftOut('metrics are not counted by user: names are without number', 'prometheus-username-labels'),
  ...leftOut('there is no console on a port of its own', 'cli cli-ip cli-port cli-password cli-max-output-sessions'),
  ...leftOut(
    'there is no administration page for TURN',
    'web-admin web-admin-ip web-admin-port',
    'web-admin-listen-on-workers',
  ),
  ...leftOut('the system’s service manager does this', 'pidfile proc-user proc-group daemon'),
  ...leftOut('NAT discovery (RFC 5780) is not offered', 'rfc5780 alt-listening-port alt-tls-listening-port'),
  ...leftOut('messages of RFC 3489 are not answered', 'stun-backward-compatibility rfc3489-compatibility'),
  ...leftOut('DTLS is not offered; browsers do not use it', 'dtls'),
  ...leftOut('connections behind the PROXY protocol are not taken', 'tcp-proxy-port'),
  ...leftOut(
    'clients are not sent to other servers',
    'alternate-server tls-alternate-server tcp-alternate-server',
    'udp-alternate-server udp-self-balance',
  ),
  ...leftOut('name the addresses, not the interface', 'listening-device relay-device'),
  ...leftOut('threads and buffers are chosen at the start', 'cpus sock-buf-size ne'),
  ...leftOut(
    'every allocation has a relay port of its own',
    'multiplex-peer multiplex-peer-port multiplex-peer-max-peers',
  ),
  ...leftOut('an allocation lasts 600 to 3600 s', 'max-allocate-lifetime'),
  ...leftOut('a permission lasts 300 s, a channel 600 s, as RFC 8656 says', 'permission-lifetime channel-lifetime'),
  ...leftOut('a connection has 15 s to allocate', 'max-allocate-timeout'),
  ...leftOut('there is no limit on all bytes together; maxbps is one for each allocation', 'bps-capacity'),
  ...leftOut(
    'IPv4 unless the client asks otherwise, as RFC 8656 says',
    'keep-address-family',
    'allocation-default-address-family',
  ),
  ...leftOut('mobility (RFC 8016) is not offered', 'mobility'),
  ...leftOut('ORIGIN is not looked at', 'check-origin-consistency'),
  ...leftOut('STUN Binding is answered without credentials, as browsers expect', 'secure-stun no-stun'),
  ...leftOut('this section is a relay; there is no switch for STUN alone', 'stun-only'),
  ...leftOut('UDP relaying is what this section is for', 'no-udp-relay'),
  ...leftOut('data from peers without a permission is never let in', 'server-relay'),
  ...leftOut('answers have no words and do not name the software', 'software-attribute include-reason-string'),
  ...leftOut('HTTP has listeners of its own', 'acme-redirect respond-http-unsupported'),
  ...leftOut('a drain (SIGUSR1) waits for the last allocation', 'drain-min-allocations'),
  ...leftOut('REST names tell their own time', 'secret-ts-exp-time'),
  ...leftOut('it asks the program for its version', 'version'),
])
