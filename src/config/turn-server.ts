/** `[turn-server]` as the rest of the program sees it, and everything about it that cannot work. */

import { formatIp, type IpAddress, parseIpAddress } from '../lib/ip-address.ts'
import type { AddressPair, TurnCredentialsConfig, TurnListenAddress, TurnServerConfig, TurnServerOn } from './config.ts'
import { readSection, type SectionRead } from './read-section.ts'
import { relayKnowsUsers } from './relay.ts'
import { schema } from './schema.ts'
import { type Sources, sectionIsGiven } from './sources.ts'

type Read = SectionRead<(typeof schema)['turn-server']['settings']>

const defaultListen: TurnListenAddress = { host: '::', port: 3478 }

/** Off without the section. `sfuUrls` are those of `[mcu]`. */
export function readTurnServer(
  sources: Sources,
  credentials: TurnCredentialsConfig,
  sfuUrls: readonly string[],
): TurnServerConfig {
  if (!sectionIsGiven(sources, 'turn-server')) return { kind: 'off' }
  const read = readSection(sources, schema['turn-server'])
  checkSomebodyMayUseIt(sources, read)
  checkTls(sources, read)
  checkPorts(sources, read)
  const relayAddress = relayAddressOf(read)
  checkExternalAddress(sources, read, relayAddress)
  checkCredentials(sources, read, credentials)
  return turnServerOn(read, relayAddress, sfuUrls)
}

function turnServerOn({ values, isGiven }: Read, relayAddress: AddressPair, sfuUrls: readonly string[]): TurnServerOn {
  const listens = isGiven('listen') || isGiven('tlslisten')
  return {
    kind: 'on',
    listen: listens ? values.listen : [defaultListen],
    tlsListen: values.tlslisten,
    certificate: values.certificate,
    key: values.key,
    hostname: values.hostname,
    realm: values.realm ?? values.hostname ?? 'heliograph',
    secrets: values.secret,
    users: values.users,
    authUrl: values.authurl,
    relayAddress,
    externalAddress: values.externaladdress,
    ports: { min: values.minport, max: values.maxport },
    allowedPeers: values.allowedpeers,
    deniedPeers: values.deniedpeers,
    sfuHosts: sfuUrls.flatMap(hostOf),
    quotas: { perUser: values.userquota, perSource: values.sourcequota, total: values.totalquota },
    challengeRate: values.challengerate,
    bindingRate: values.bindingrate,
    bytesPerSecond: values.maxbps,
    legacyChannels: values.legacychannels,
    tcpRelay: values.tcprelay,
    sha256: values.sha256,
    nonceKey: values.noncekey,
    workers: values.workers,
    path: values.path,
    coturnMetrics: values.coturnmetrics,
  }
}

/** Without one given: those that it listens on, if it is told which. */
function relayAddressOf({ values, isGiven }: Read): AddressPair {
  if (isGiven('relayaddress')) return values.relayaddress
  let pair: AddressPair = {}
  for (const { host } of [...values.listen, ...values.tlslisten]) {
    const ip = parseIpAddress(host)
    if (ip && !isEvery(ip) && !pair[ip.family]) pair = { ...pair, [ip.family]: ip }
  }
  return pair
}

const isEvery = (ip: IpAddress): boolean => ['0.0.0.0', '::'].includes(formatIp(ip))

function hostOf(url: string): readonly string[] {
  if (!URL.canParse(url)) return []
  const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1')
  return host === '' ? [] : [host]
}

function checkSomebodyMayUseIt(sources: Sources, read: Read): void {
  // An empty value is none, and one that cannot be used has its own fault.
  if (read.isGiven('secret') || read.isGiven('users') || read.isGiven('authurl')) return
  if (relayKnowsUsers(sources)) return
  const message =
    'is missing, users and authurl too, so nobody could use the relay; write the secret from the TURN settings of Talk here (openssl rand -hex 32 makes one)'
  fault(sources, read, 'secret', message)
}

function checkTls(sources: Sources, read: Read): void {
  if (!read.isGiven('tlslisten')) return
  for (const key of ['certificate', 'key'] as const) {
    if (read.isGiven(key)) continue
    const message = `is missing; tlslisten needs one: ${schema['turn-server'].settings[key].allowed} (PEM)`
    fault(sources, read, key, message, 'tlslisten')
  }
}

function checkPorts(sources: Sources, read: Read): void {
  const { minport, maxport } = read.values
  if (minport <= maxport) return
  const key = read.isGiven('maxport') ? 'maxport' : 'minport'
  const message = `leaves no port: minport is ${minport}, maxport ${maxport}; allowed: a maxport that is not below minport`
  fault(sources, read, key, message)
}

function checkExternalAddress(sources: Sources, read: Read, relayAddress: AddressPair): void {
  if (!relayAddress[4] && !relayAddress[6]) return
  for (const family of [4, 6] as const) {
    const ip = read.values.externaladdress[family]
    if (!ip || relayAddress[family]) continue
    const given = read.isGiven('relayaddress') ? 'relayaddress' : 'listen, from which relayaddress is taken,'
    const message = `has ${formatIp(ip)}, but ${given} has no IPv${family} address that it could stand for; add one to relayaddress`
    fault(sources, read, 'externaladdress', message)
  }
}

/** What `[turn]` hands out for this server has to be made with a secret that it knows. */
function checkCredentials(sources: Sources, read: Read, { secret, servers }: TurnCredentialsConfig): void {
  if (secret === undefined || servers.length > 0 || read.values.secret.includes(secret)) return
  const message =
    'is none of [turn-server] secret, so what /turn/credentials hands out would be refused here; remove it, or add it there'
  sources.faults.push({ severity: 'warning', ...read.place('secret'), section: 'turn', key: 'secret', message })
}

function fault(
  { faults }: Sources,
  read: Read,
  key: Parameters<Read['place']>[0],
  message: string,
  at: Parameters<Read['place']>[0] = key,
): void {
  faults.push({ severity: 'error', ...read.place(at), section: 'turn-server', key, message })
}
