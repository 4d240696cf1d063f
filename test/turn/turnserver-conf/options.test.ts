import { expect, test } from 'bun:test'
import { fates } from '../../../src/turn/turnserver-conf/options.ts'

/** What the sample files of coturn 4.5 to 4.17 name. */
const samples = [
  'CA-file Verbose acme-redirect allocation-default-address-family allow-loopback-peers allowed-peer-ip',
  'alt-listening-port alt-tls-listening-port alternate-server aux-server bps-capacity cert channel-lifetime',
  'check-origin-consistency cipher-list cli cli-ip cli-max-output-sessions cli-password cli-port cpus',
  'denied-peer-ip dh-file dh1066 dh2066 dh566 drain-min-allocations dtls ec-curve-name external-ip',
  'fingerprint include-reason-string keep-address-family listening-device listening-ip listening-port',
  'log-binding log-file log-min-level lt-cred-mech max-allocate-lifetime max-allocate-timeout max-bps',
  'max-port min-port mobility mongo-userdb multiplex-peer multiplex-peer-max-peers multiplex-peer-port',
  'mysql-userdb ne new-log-timestamp no-auth no-cli no-dtls no-loopback-peers no-multicast-peers',
  'no-software-attribute no-stdout-log no-stun no-tcp no-tcp-relay no-tls no-tlsv1 no-tlsv1_1 no-tlsv1_2',
  'no-udp no-udp-relay oauth permission-lifetime pidfile pkey pkey-pwd proc-group proc-user prometheus',
  'prometheus-port prometheus-username-labels psql-userdb raw-public-keys realm redis-statsdb redis-userdb',
  'relay-device relay-ip relay-threads respond-http-unsupported rest-api-separator rfc3489-compatibility',
  'rfc5766-channel-numbers rfc5780 secret-key-file secure-stun server-name server-relay simple-log',
  'sock-buf-size stale-nonce stateless-nonce stateless-nonce-secret static-auth-secret',
  'stun-backward-compatibility stun-only syslog syslog-facility tcp-alternate-server tcp-proxy-port',
  'tls-alternate-server tls-listening-port tlsv1 tlsv1_1 total-quota udp-alternate-server udp-gso',
  'udp-recvmmsg udp-recvmmsg-log udp-self-balance unauthorized-ratelimit unauthorized-ratelimit-rps',
  'use-auth-secret user user-quota userdb verbose web-admin web-admin-ip web-admin-listen-on-workers',
  'web-admin-port',
].flatMap((line) => line.split(' '))

test('every option of the sample files has a fate', () => {
  expect(samples.filter((option) => !fates.has(option))).toEqual([])
})

test('who is left out is told why, in one line that an INI file takes for a comment', () => {
  for (const [option, fate] of fates) {
    expect(option).toMatch(/^[a-zA-Z][a-zA-Z0-9_-]*$/)
    if (fate.fate !== 'converted') expect(fate.why).toMatch(/^[^\n]{8,120}$/)
  }
})

test('names that every object has are no options', () => {
  for (const option of ['constructor', '__proto__', 'toString']) expect(fates.has(option)).toBe(false)
})
