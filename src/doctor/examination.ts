/** The examination, top to bottom: what is looked at in which order, and what is not worth a look after a failure. */
import { clientAddressFinding, lie, statisticsPath } from './client-address.ts'
import type { Exchange } from './exchange.ts'
import { type Finding, quoted, skip } from './finding.ts'
import { mediaFinding } from './media.ts'
import {
  type Connecting,
  certificateFinding,
  type Handshake,
  type LookUp,
  nameFinding,
  portFinding,
} from './network.ts'
import { type CapabilitiesSeen, nextcloudFindings } from './nextcloud.ts'
import { isRefused, isTaken, largeBodyFinding, largeUpdate, roomPath, secretFinding, update } from './secret.ts'
import { isAddress, isNearby, readSite, type Site } from './site.ts'
import { type Opening, socketFinding } from './socket.ts'
import { clockFinding, featuresFinding, isWelcome, readWelcome, type Server } from './welcome.ts'

/** A Nextcloud as the signaling server knows it; what is undefined was not given. */
export interface Nextcloud {
  /** With a slash at its end. */
  readonly url: string | undefined
  readonly secret: string | undefined
}

export interface Signing {
  readonly secret: string
  /** With a slash at its end. */
  readonly claimed: string | undefined
}

/** The world. Nothing of it throws, and each question ends within the time limit. */
export interface Probes {
  /** ms */
  now(): number
  lookUp(hostname: string): Promise<LookUp>
  connect(address: string, port: number): Promise<Connecting>
  shakeHands(address: string, site: Site): Promise<Handshake>
  get(url: string, headers?: Readonly<Record<string, string>>): Promise<Exchange>
  /** Signs the body as Talk does. */
  post(url: string, body: string, signing: Signing): Promise<Exchange>
  openSocket(url: string): Promise<Opening>
  capabilities(nextcloud: string): Promise<CapabilitiesSeen>
}

/** More would only cost time: if the first ones cannot be reached, why is the same. */
const mostAddresses = 4
/** Each refusal brings this machine closer to being shut out for half an hour. */
const mostRefused = 2

/** `address` as the administrator gave it. */
export async function* examine(
  address: string,
  nextclouds: readonly Nextcloud[],
  probes: Probes,
): AsyncGenerator<Finding, void, undefined> {
  const { findings, site } = readSite(address)
  yield* findings
  const addresses = site ? yield* wayTo(site, probes) : []
  if (site && addresses.length > 0) yield* signaling(site, addresses, nextclouds, probes)
  else yield skip('welcome, WebSocket, SFU, secret, client address', 'the server is not reached')
  yield* others(nextclouds, probes)
}

/** The addresses that lead there; none if one of the steps failed. */
async function* wayTo(site: Site, probes: Probes): AsyncGenerator<Finding, readonly string[], undefined> {
  let addresses: readonly string[] = [site.hostname]
  if (!isAddress(site.hostname)) {
    const seen = await probes.lookUp(site.hostname)
    yield nameFinding(site, seen)
    if (!seen.found) return []
    addresses = seen.addresses.slice(0, mostAddresses)
  }
  const tried = await Promise.all(addresses.map((one) => probes.connect(one, site.port)))
  yield portFinding(site, tried)
  const open = tried.filter(({ outcome }) => outcome === 'open').map((one) => one.address)
  const [first] = open
  if (first === undefined || !site.secure) return open
  const finding = certificateFinding(site, await probes.shakeHands(first, site), probes.now())
  yield finding
  return finding.verdict === 'fail' ? [] : open
}

async function* signaling(
  site: Site,
  addresses: readonly string[],
  nextclouds: readonly Nextcloud[],
  probes: Probes,
): AsyncGenerator<Finding, void, undefined> {
  const exchange = await probes.get(`${site.url}/api/v1/welcome`)
  const isElsewhere = exchange.came === 'answer' && !isWelcome(exchange)
  const { finding, server } = readWelcome(exchange, isElsewhere ? await welcomeElsewhere(site, probes) : undefined)
  yield finding
  if (!server || exchange.came === 'nothing') {
    yield skip('WebSocket, SFU, secret, client address', 'the welcome comes first')
    return
  }
  yield featuresFinding(server)
  yield clockFinding('clock', 'the clock of the server', exchange)
  yield socketFinding(await probes.openSocket(`${site.url}/spreed`), server)
  const statistics = `${site.url}${statisticsPath}`
  const plain = await probes.get(statistics)
  yield mediaFinding(server, plain)
  yield* secrets(site, server, nextclouds, probes)
  yield clientAddressFinding(plain, await probes.get(statistics, lie), addresses.every(isNearby))
}

/** Another address of the same server at which there is a welcome: a wrong prefix is the commonest of all mistakes. */
async function welcomeElsewhere({ url }: Site, probes: Probes): Promise<string | undefined> {
  const origin = new URL(url).origin
  for (const candidate of [`${origin}/standalone-signaling`, origin]) {
    if (candidate !== url && isWelcome(await probes.get(`${candidate}/api/v1/welcome`))) return candidate
  }
  return undefined
}

async function* secrets(
  site: Site,
  server: Server,
  nextclouds: readonly Nextcloud[],
  probes: Probes,
): AsyncGenerator<Finding, void, undefined> {
  const url = `${site.url}${roomPath}`
  let refused = 0
  let isLargeSeen = false
  const known = nextclouds.filter(({ secret }) => secret !== undefined)
  if (known.length === 0)
    yield skip('secret', 'no secret is known; give --secret-file, or --config with this Nextcloud in it')
  for (const { url: claimed, secret = '' } of known) {
    if (refused >= mostRefused) {
      yield skip('secret', `${quoted(claimed ?? '')} and what follows, after ${refused} refusals`)
      return
    }
    const exchange = await probes.post(url, update, { secret, claimed })
    const isToAskAgain = isRefused(exchange) && claimed !== undefined
    const unclaimed = isToAskAgain ? await probes.post(url, update, { secret, claimed: undefined }) : undefined
    yield secretFinding({ claimed, exchange, unclaimed }, server)
    if (!isTaken(exchange)) refused++
    else if (server.isHeliograph && !isLargeSeen) {
      isLargeSeen = true
      yield largeBodyFinding(await probes.post(url, largeUpdate, { secret, claimed }))
    }
  }
}

async function* others(nextclouds: readonly Nextcloud[], probes: Probes): AsyncGenerator<Finding, void, undefined> {
  const urls = new Set(nextclouds.flatMap(({ url }) => url ?? []))
  if (urls.size === 0) yield skip('Nextcloud', 'give --backend or --config for it')
  for (const url of urls) yield* nextcloudFindings(url, await probes.capabilities(url))
}
