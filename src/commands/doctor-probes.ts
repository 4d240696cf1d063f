/** What the doctor looks at the world with: each question ends in time, none throws, and every connection is closed. */
import { randomBytes } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { connect as connectTcp } from 'node:net'
import { checkServerIdentity, connect as connectTls } from 'node:tls'
import type { Probes } from '../doctor/examination.ts'
import type { Exchange } from '../doctor/exchange.ts'
import type { Connecting, Handshake, LookUp } from '../doctor/network.ts'
import type { CapabilitiesSeen } from '../doctor/nextcloud.ts'
import { isAddress, type Site } from '../doctor/site.ts'
import type { FirstFrame, Opening } from '../doctor/socket.ts'
import { createHttpClient, type HttpClient, type HttpFailure } from '../io/http-client.ts'
import type { HttpRequest } from '../io/http-request.ts'
import { readCapabilities } from '../protocols/talk/backend/capabilities.ts'
import { backendHeader, checksum, checksumHeader, randomHeader } from '../protocols/talk/backend/checksum.ts'
import { capabilitiesUrl } from '../protocols/talk/backend/urls.ts'
import { heliographVersion } from '../version.ts'

export interface ProbeOptions {
  /** ms for each step. */
  readonly limit: number
  /** Whether any certificate of a Nextcloud is accepted, as the configuration may say. */
  readonly skipVerify: boolean
}

const userAgent = `heliograph-doctor/${heliographVersion}`
const longestBody = 2 * 1024 * 1024

export function createProbes({ limit, skipVerify }: ProbeOptions): Probes & Disposable {
  const client = (acceptsAll: boolean): HttpClient =>
    createHttpClient({
      connectionsPerHost: 2,
      waitingPerHost: 10,
      longestBody,
      skipVerify: acceptsAll,
      keepIdle: 1_000,
    })
  const server = client(false)
  const nextcloud = client(skipVerify)
  const get = (url: string, headers: Readonly<Record<string, string>> = {}): Promise<Exchange> =>
    send(server, { method: 'GET', url, headers: { 'User-Agent': userAgent, ...headers }, limit })

  return {
    now: Date.now,
    lookUp: (hostname) => lookUp(hostname, limit),
    connect: (address, port) => connect(address, port, limit),
    shakeHands: (address, site) => shakeHands(address, site, limit),
    get,
    post(url, body, { secret, claimed }) {
      const random = randomBytes(32).toString('hex')
      const headers = {
        'User-Agent': userAgent,
        'Content-Type': 'application/json',
        [randomHeader]: random,
        [checksumHeader]: checksum(secret, random, body),
        // Talk writes it without the slash at the end.
        ...(claimed === undefined ? {} : { [backendHeader]: claimed.replace(/\/$/, '') }),
      }
      return send(server, { method: 'POST', url, headers, body, limit })
    },
    async openSocket(url) {
      const opening = await openSocket(url.replace(/^http/, 'ws'), limit)
      // A WebSocket client keeps to itself what was answered, so the same is asked again without one.
      return opening.opened ? opening : { ...opening, answer: await get(url, upgradeHeaders) }
    },
    async capabilities(url): Promise<CapabilitiesSeen> {
      const headers = { Accept: 'application/json', 'OCS-APIRequest': 'true', 'User-Agent': userAgent }
      const exchange = await send(nextcloud, { method: 'GET', url: capabilitiesUrl(url), headers, limit })
      return { exchange, talk: exchange.came === 'answer' ? talkIn(exchange.body) : 'unreadable' }
    },
    [Symbol.dispose]() {
      server[Symbol.dispose]()
      nextcloud[Symbol.dispose]()
    },
  }
}

const upgradeHeaders = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
}

function talkIn(body: string): CapabilitiesSeen['talk'] {
  const read = readCapabilities(body)
  if (!read.ok) return 'unreadable'
  if (read.value.helloKey) return 'complete'
  return read.value.features.size === 0 ? 'absent' : 'without key'
}

async function send(http: HttpClient, request: HttpRequest): Promise<Exchange> {
  const asked = Date.now()
  const sent = await http.send(request)
  if (!sent.ok) return { came: 'nothing', reason: reasonOf(sent.error), why: sent.error.why }
  const { status, headers, body } = sent.value
  const date = Date.parse(headers.get('date') ?? '')
  const time = (asked + Date.now()) / 2
  return { came: 'answer', status, headers, body, time, date: Number.isNaN(date) ? undefined : date }
}

function reasonOf({ fault }: HttpFailure): 'timeout' | 'tls' | 'closed' | 'other' {
  if (fault === 'timeout' || fault === 'tls') return fault
  return fault === 'closed early' ? 'closed' : 'other'
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** `ask`, or what `late` says when it takes too long. */
function within<T>(limit: number, late: T, ask: (settle: (value: T) => void) => () => void): Promise<T> {
  return new Promise((resolve) => {
    const finish = (value: T): void => {
      clearTimeout(timer)
      // Not before `ask` has returned what to close.
      queueMicrotask(() => close())
      resolve(value)
    }
    const timer = setTimeout(() => finish(late), limit)
    const close = ask(finish)
  })
}

function lookUp(hostname: string, limit: number): Promise<LookUp> {
  const late: LookUp = { found: false, reason: 'timeout', why: 'no answer in time' }
  return within<LookUp>(limit, late, (settle) => {
    lookup(hostname, { all: true }).then(
      (found) => settle({ found: true, addresses: [...new Set(found.map(({ address }) => address))] }),
      (error: unknown) => {
        const code = codeOf(error)
        const isUnknown = code === 'ENOTFOUND' || code === 'ENODATA' || code === 'EAI_NONAME'
        settle({ found: false, reason: isUnknown ? 'unknown' : 'other', why: messageOf(error) })
      },
    )
    return () => {}
  })
}

function connect(address: string, port: number, limit: number): Promise<Connecting> {
  const late: Connecting = { address, outcome: 'timeout', why: 'no answer in time' }
  return within<Connecting>(limit, late, (settle) => {
    const socket = connectTcp({ host: address, port })
    socket.once('connect', () => settle({ address, outcome: 'open', why: '' }))
    // Stays, since an error may follow the end.
    socket.on('error', (error) => settle({ address, outcome: outcomeOf(codeOf(error)), why: error.message }))
    return () => socket.destroy()
  })
}

function outcomeOf(code: string): Connecting['outcome'] {
  if (code === 'ECONNREFUSED') return 'refused'
  if (code === 'ETIMEDOUT') return 'timeout'
  return code === 'ENETUNREACH' || code === 'EHOSTUNREACH' || code === 'EADDRNOTAVAIL' ? 'unreachable' : 'other'
}

/** Looks at the certificate without trusting it: what is wrong with it is the finding. */
function shakeHands(address: string, { hostname, port }: Site, limit: number): Promise<Handshake> {
  const late: Handshake = { done: false, reason: 'timeout', why: 'no handshake in time' }
  return within<Handshake>(limit, late, (settle) => {
    const serverName = isAddress(hostname) ? {} : { servername: hostname }
    const socket = connectTls({
      host: address,
      port,
      ...serverName,
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    })
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerCertificate()
      const distrust: unknown = socket.authorizationError
      settle({
        done: true,
        distrust: socket.authorized ? undefined : distrust instanceof Error ? messageOf(distrust) : String(distrust),
        isForName: checkServerIdentity(hostname, certificate) === undefined,
        names: certificate.subjectaltname ?? String(certificate.subject?.CN ?? ''),
        issuer: String(certificate.issuer?.CN ?? certificate.issuer?.O ?? ''),
        validFrom: Date.parse(certificate.valid_from),
        validTo: Date.parse(certificate.valid_to),
      })
    })
    socket.on('error', (error) => {
      const isPlain = /WRONG_VERSION_NUMBER|HTTP_REQUEST|UNEXPECTED_MESSAGE/.test(`${codeOf(error)} ${error.message}`)
      settle({ done: false, reason: isPlain ? 'no TLS' : 'other', why: error.message })
    })
    return () => socket.destroy()
  })
}

type Opened = Extract<Opening, { readonly opened: true }> | { readonly opened: false; readonly why: string }

function openSocket(url: string, limit: number): Promise<Opened> {
  let isOpen = false
  return within<Opened | undefined>(limit, undefined, (settle) => {
    const socket = new WebSocket(url, { headers: { 'User-Agent': userAgent } })
    socket.binaryType = 'arraybuffer'
    const first = (frame: FirstFrame): void => settle({ opened: true, first: frame })
    let why = 'the connection failed'
    socket.onopen = () => {
      isOpen = true
    }
    socket.onmessage = ({ data }: MessageEvent<unknown>) =>
      first(typeof data === 'string' ? { is: 'text', text: data } : { is: 'binary' })
    socket.onerror = (event) => {
      if ('message' in event && typeof event.message === 'string') why = event.message
    }
    socket.onclose = ({ code, reason }) =>
      isOpen ? first({ is: 'close', code, reason }) : settle({ opened: false, why })
    return () => socket.terminate()
  }).then(
    (opened): Opened =>
      opened ?? (isOpen ? { opened: true, first: { is: 'nothing' } } : { opened: false, why: 'no answer in time' }),
  )
}
