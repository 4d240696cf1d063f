/** The call page with all that belongs to it: a server in development mode, a way to it that can be cut, and people. */
import { randomBytes } from 'node:crypto'
import type { Page } from 'playwright-core'
import type { Config } from '../../../src/config/config.ts'
import { developmentConfig } from '../../../src/config/development.ts'
import { startReport } from '../../../src/observe/report.ts'
import { type SignalingServer, startSignalingServer } from '../../../src/signaling-server.ts'
import type { BrowserUnderTest } from '../../support/chromium.ts'
import { type CutableWay, startWay } from './cutable-way.ts'

export interface DemoServer extends AsyncDisposable {
  /** Of the page, over the way that can be cut. */
  readonly url: string
  readonly way: CutableWay
  /** Stops, and starts anew with nothing of what was. */
  restart(): Promise<void>
}

/** As `heliograph serve` without a file, but for the ports; with a password as if it were not for this machine only. */
export async function startDemo(password?: string): Promise<DemoServer> {
  const report = startReport({ format: 'json', level: 'error', write: () => {}, now: Date.now })
  const development = onFreePorts(developmentConfig((bytes) => randomBytes(bytes).toString('hex')))
  const config: Config = password === undefined ? development : { ...development, demo: { kind: 'on', password } }
  const start = (): Promise<SignalingServer> => startSignalingServer(config, report)
  let server = await start()
  const way = startWay(() => portOf(server))
  return {
    url: `http://127.0.0.1:${way.port}/demo`,
    way,
    async restart() {
      await server.stop()
      server = await start()
    },
    async [Symbol.asyncDispose]() {
      way.stop()
      await server.stop()
      report[Symbol.dispose]()
    },
  }
}

function onFreePorts(config: Config): Config {
  if (config.turnServer.kind !== 'on') throw new Error('development mode has a TURN server')
  return {
    ...config,
    drainTimeout: 500,
    http: { ...config.http, listen: [{ kind: 'tcp', host: '127.0.0.1', port: 0 }] },
    turnServer: { ...config.turnServer, listen: [{ host: '127.0.0.1', port: 0 }] },
  }
}

function portOf({ listening }: SignalingServer): number {
  const port = listening[0]?.port
  if (port === undefined) throw new Error('the server does not listen')
  return port
}

/** Small and slow pictures: three people on two cores encode six of them. */
const smallCamera = `
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
  const small = { width: 160, height: 120, frameRate: 10 }
  navigator.mediaDevices.getUserMedia = (wish) => ask(wish.video ? { ...wish, video: small } : wish)
  MediaStreamTrack.prototype.applyConstraints = async () => {}
`

export interface Person {
  readonly page: Page
  readonly name: string
  /** Of the page's scripts, caught by nobody. */
  readonly errors: readonly string[]
  onlyThroughRelay(): Promise<void>
  enter(): Promise<void>
  /** In the call. */
  isIn(): Promise<void>
  /** In the call, and connected to the server. */
  isConnected(): Promise<void>
  letIn(name: string): Promise<void>
  decline(name: string): Promise<void>
  /** Sees so many others move, each over such a way; fails after a while. */
  sees(others: number, way?: string): Promise<void>
  /** Names that are seen. */
  names(): Promise<readonly string[]>
}

export async function person(browser: BrowserUnderTest, url: string, name: string): Promise<Person> {
  const page = await browser.visit(url, smallCamera)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  await page.waitForSelector('#lobby[data-ready]')
  return {
    page,
    name,
    errors,
    async onlyThroughRelay() {
      await page.click('#lobby [data-open]')
      await page.check('#relay-only')
      await page.click('#settings button')
    },
    async enter() {
      await page.fill('#name', name)
      await page.click('#enter')
    },
    isIn: () => page.waitForSelector('#call:not([hidden])').then(() => {}),
    isConnected: async () => {
      await page.waitForSelector('#call:not([hidden]) #line', { state: 'hidden' })
    },
    letIn: (guest) => page.click(`button[aria-label="Let in: ${guest}"]`),
    decline: (guest) => page.click(`button[aria-label="Decline: ${guest}"]`),
    async sees(others, way = 'host') {
      const fault: unknown = await page.evaluate(`(${moving})(${JSON.stringify({ others, way, limit: 30_000 })})`)
      if (fault !== '') throw new Error(`${name} does not see ${others} others move: ${fault}`)
    },
    names: () => page.locator('.tile.other .label span').allTextContents(),
  }
}

/** Runs in the page: waits until exactly so many others are seen, and each of their pictures has moved on since the first look; answers what is missing in the end. */
const moving = `({ others, way, limit }) => new Promise((done) => {
  const end = performance.now() + limit
  const faultOf = (tile) => {
    const video = tile.querySelector('video')
    const frames = video.getVideoPlaybackQuality().totalVideoFrames
    if (video.seenStream !== video.srcObject) Object.assign(video, { seenStream: video.srcObject, seenFrames: frames })
    const isFine = tile.dataset.way === way && frames >= video.seenFrames + 5 && video.currentTime > 0
    return isFine ? '' : tile.textContent + ' ' + frames + ' frames;'
  }
  const look = () => {
    const tiles = [...document.querySelectorAll('.tile.other')]
    const fault = tiles.map(faultOf).join('') + (tiles.length === others ? '' : tiles.length + ' tiles')
    if (fault === '' || performance.now() > end) done(fault)
    else setTimeout(look, 100)
  }
  look()
})`
