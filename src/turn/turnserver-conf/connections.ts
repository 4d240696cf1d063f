/** Where clients connect to and where relays are bound: listeners, certificate, relay addresses and ports. */
import { formatIp, type IpAddress, parseIpAddress } from '../../lib/ip-address.ts'
import type { Draft, Piece } from './draft.ts'
import type { ConfLine } from './lines.ts'

const defaultPort = 3478
const defaultTlsPort = 5349

export function connectionSettings(draft: Draft): void {
  const hosts = addresses(draft, 'listening-ip')
  // Whoever named addresses, even wrongly, did not mean every address.
  const wanted = draft.last('listening-ip')
  if (hosts.length > 0 || !wanted) listenSettings(draft, hosts)
  else
    draft.note(
      'look at',
      'listening-ip',
      'no usable address is given: add listen, and tlslisten with its certificate and key',
    )
  nameSetting(draft)
  relaySettings(draft, hosts)
  portSettings(draft)
}

/** What it is for there, OAuth, is not offered; but it names this server, and that is what urls handed out need. */
function nameSetting(draft: Draft): void {
  const from = draft.last('server-name')
  if (!from) return
  const isName = /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,62})\.)*[a-z0-9_](?:[a-z0-9_-]{0,62})$/i.test(from.value)
  if (isName && !/^[\d.]+$/.test(from.value)) draft.put('hostname', [{ text: from.value, from }])
  else draft.note('left out', from, 'is no host name')
}

interface Host extends Piece {
  readonly ip: IpAddress
}

function addresses(draft: Draft, option: string): readonly Host[] {
  return draft.all(option).flatMap((from) => {
    if (from.value === '') return []
    const ip = parseIpAddress(from.value)
    if (!ip) draft.note('look at', from, 'is no IP address, and left out')
    return ip ? [{ ip, text: formatIp(ip), from }] : []
  })
}

function listenSettings(draft: Draft, hosts: readonly Host[]): void {
  const port = draft.number('listening-port', 1, 65_535) ?? defaultPort
  const tlsPort = tlsPortOf(draft)
  const [noUdp, noTcp] = [draft.isOn('no-udp'), draft.isOn('no-tcp')]
  const plain = noUdp && noTcp ? [] : [...on(hosts, port), ...auxiliary(draft)]
  if (plain.length > 0) {
    draft.put('listen', plain, ' ')
    for (const option of ['no-udp', 'no-tcp']) {
      const line = draft.isOn(option) ? draft.all(option).at(-1) : undefined
      if (line)
        draft.note('look at', line, 'every address of listen is for UDP and TCP; close the other in the firewall')
    }
  }
  if (tlsPort === undefined) {
    if (noUdp && noTcp) draft.note('look at', 'no-udp', 'with no-tcp and without TLS leaves nothing to listen on')
    return
  }
  const secure = on(hosts, tlsPort)
  if (secure.some(({ text }) => plain.some((one) => one.text === text))) {
    const line = draft.last('tls-listening-port') ?? 'tls-listening-port'
    const why = `is ${tlsPort}, which is listened on without TLS too: here it is for UDP and TLS, and TCP without TLS needs another port`
    draft.note('look at', line, why)
  }
  draft.put('tlslisten', secure, ' ')
  for (const [option, key] of [
    ['cert', 'certificate'],
    ['pkey', 'key'],
  ] as const) {
    const from = draft.last(option)
    draft.put(key, [{ text: from?.value ?? '', from }])
  }
}

/** Undefined when there is nothing to listen with: TLS is off, or certificate or key are missing. */
function tlsPortOf(draft: Draft): number | undefined {
  if (draft.isOn('no-tls')) {
    for (const option of ['tls-listening-port', 'cert', 'pkey']) {
      for (const line of draft.all(option)) draft.note('left out', line, 'no-tls is on')
    }
    return undefined
  }
  const given = draft.number('tls-listening-port', 1, 65_535)
  const missing = (['cert', 'pkey'] as const).filter((option) => !draft.last(option))
  if (missing.length === 0) return given ?? defaultTlsPort
  const asked = draft.last('tls-listening-port') ?? draft.last('cert') ?? draft.last('pkey')
  if (asked) draft.note('look at', asked, `needs ${missing.join(' and ')} too; without it there is no TLS`)
  return undefined
}

/** No address means every address. */
function on(hosts: readonly Host[], port: number): readonly Piece[] {
  if (hosts.length === 0) return [{ text: `:${port}`, from: undefined }]
  return hosts.map(({ ip, text, from }) => ({ text: ip.family === 6 ? `[${text}]:${port}` : `${text}:${port}`, from }))
}

function auxiliary(draft: Draft): readonly Piece[] {
  return draft.all('aux-server').flatMap((from) => {
    const parts = /^\[?([0-9a-f.:]+?)\]?:(\d{1,5})$/i.exec(from.value)
    const ip = parseIpAddress(parts?.[1] ?? '')
    const port = Number(parts?.[2])
    if (ip && port > 0 && port < 65_536) return on([{ ip, text: formatIp(ip), from }], port)
    draft.note('look at', from, 'is no address and port, and left out')
    return []
  })
}

function relaySettings(draft: Draft, listening: readonly Host[]): void {
  const mappings = draft.all('external-ip').flatMap((from) => mapping(draft, from))
  const given = addresses(draft, 'relay-ip')
  const inside = mappings.flatMap(({ inner }) => (inner ? [inner] : []))
  const candidates = [given, inside, listening].find((some) => some.some(isOne)) ?? []
  const relays = oneOfEach(draft, candidates.filter(isOne), candidates === given)
  const external = oneOfEach(
    draft,
    mappings.map(({ outer }) => outer),
    true,
  )
  draft.put('relayaddress', relays)
  const alone =
    relays.length === 0 ? [] : external.filter(({ ip }) => !relays.some((one) => one.ip.family === ip.family))
  for (const { ip, from } of alone) {
    draft.note('look at', from ?? 'external-ip', `is of IPv${ip.family}, of which there is no relay-ip, and left out`)
  }
  draft.put(
    'externaladdress',
    external.filter((one) => !alone.includes(one)),
  )
  for (const { inner } of mappings) {
    if (!inner?.from || relays.some(({ text }) => text === inner.text)) continue
    draft.note('look at', inner.from, 'names an inner address that is no relay address here')
  }
}

/** `outer` or `outer/inner`. */
function mapping(draft: Draft, from: ConfLine): readonly { readonly outer: Host; readonly inner: Host | undefined }[] {
  const [outerText = '', innerText] = from.value.split('/')
  const outer = parseIpAddress(outerText)
  const inner = innerText === undefined ? undefined : parseIpAddress(innerText)
  const isUsable = outer !== undefined && isOne({ ip: outer, text: outerText, from })
  if (!isUsable || (innerText !== undefined && !inner)) {
    draft.note('look at', from, 'is no IP address, and left out; write it as externaladdress')
    return []
  }
  return [
    { outer: { ip: outer, text: formatIp(outer), from }, inner: inner && { ip: inner, text: formatIp(inner), from } },
  ]
}

/** Not "every address", multicast or broadcast. */
const isOne = ({ ip }: Host): boolean =>
  ip.family === 4
    ? ip.value !== 0 && ip.value < 0xe0000000
    : ip.words.some((word) => word !== 0) && ip.words[0] < 0xff000000

function oneOfEach(draft: Draft, hosts: readonly Host[], tells: boolean): readonly Host[] {
  const kept = hosts.filter(({ ip }, index) => hosts.findIndex((other) => other.ip.family === ip.family) === index)
  for (const host of hosts) {
    if (!tells || !host.from || kept.some(({ text }) => text === host.text)) continue
    draft.note('left out', host.from, 'there is one relay address of each family')
  }
  return kept
}

function portSettings(draft: Draft): void {
  const min = draft.number('min-port', 1024, 65_535)
  const max = draft.number('max-port', 1024, 65_535)
  if ((min ?? 49_152) > (max ?? 65_535)) {
    draft.note('look at', draft.last('max-port') ?? 'max-port', 'is below min-port; both are left out')
    return
  }
  if (min !== undefined) draft.put('minport', [{ text: String(min), from: draft.last('min-port') }])
  if (max !== undefined) draft.put('maxport', [{ text: String(max), from: draft.last('max-port') }])
}
