/** The machine of proxies among fake ones: what is sent arrives at once, time passes when it is told to. */
import { createPrivateKey } from 'node:crypto'
import type { SfuFact } from '../../../src/sfu/facts.ts'
import { createProxySfu } from '../../../src/sfu/proxy/client.ts'
import type { ProxySettings } from '../../../src/sfu/proxy/settings.ts'
import { createTokenSigner } from '../../../src/sfu/proxy/tokens.ts'
import type { Link, SfuCommand, SfuEffects, SfuEvent } from '../../../src/sfu/sfu.ts'
import { type LegId, legId, type Stream } from '../../../src/sfu/stream.ts'
import type { FakeProxy } from '../../support/fake-proxy.ts'
import { rsaPair } from '../../support/rsa-keys.ts'

const start = 1_800_000_000_000

export const settingsFor = (
  proxies: readonly { readonly url: string }[],
  more: Partial<ProxySettings> = {},
): ProxySettings => ({
  urls: proxies.map(({ url }) => url),
  dnsDiscovery: false,
  proxyTimeout: 2_000,
  timeout: 10_000,
  maxStreamBitrate: 1_000_000,
  maxScreenBitrate: 2_000_000,
  continents: {},
  sign: createTokenSigner('one', createPrivateKey(rsaPair().privateKey)),
  ...more,
})

export const camera = (publisher: string): Stream => ({ publisher, type: 'video' })
const nothing = { bitrate: 0, mediaTypes: 3 }

export type Stage = ReturnType<typeof createStage>

export function createStage(proxies: readonly FakeProxy[], more: Partial<ProxySettings> = {}) {
  const machine = createProxySfu(settingsFor(proxies, more), () => 0.5)
  const wires = new Map<Link, ReturnType<FakeProxy['connected']>>()
  const links = new Map<Link, FakeProxy>()
  const held = new Map<FakeProxy, (() => void)[]>()
  const queue: (() => SfuEffects)[] = []
  const told: SfuEvent[] = []
  const facts: SfuFact[] = []
  const dialled: { readonly url: string; readonly address: string | undefined }[] = []
  const lookUps: string[] = []
  let now = start
  let legs = 0
  let requests = 0
  let isBusy = false

  function run(act: () => SfuEffects): void {
    queue.push(act)
    if (isBusy) return
    isBusy = true
    for (let next = queue.shift(); next; next = queue.shift()) for (const effect of next()) perform(effect)
    isBusy = false
  }

  function perform(effect: SfuEffects[number]): void {
    switch (effect.do) {
      case 'dial':
        dial(effect.link, effect.url, effect.address)
        break
      case 'send':
        wires.get(effect.link)?.hear(effect.text, now)
        break
      case 'hang-up':
        wires.get(effect.link)?.lost()
        wires.delete(effect.link)
        break
      case 'look-up':
        lookUps.push(effect.host)
        break
      case 'tell':
        told.push(effect.event)
        break
      case 'note':
        facts.push(effect.fact)
        break
    }
  }

  function dial(link: Link, url: string, address: string | undefined): void {
    dialled.push({ url, address })
    const proxy = proxies.find((one) => new URL('proxy', one.url).href.replace('http', 'ws') === url)
    if (!proxy?.isUp) {
      run(() => machine.linkClosed(link, 'network: refused', now))
      return
    }
    const say = (message: unknown): void => {
      const deliver = (): void => {
        if (wires.has(link)) run(() => machine.linkReceived(link, JSON.stringify(message), now))
      }
      const waiting = held.get(proxy)
      if (waiting) waiting.push(deliver)
      else deliver()
    }
    wires.set(link, proxy.connected(say))
    links.set(link, proxy)
    run(() => machine.linkOpened(link, now))
  }

  const take = <T>(list: T[]): T[] => list.splice(0)
  const stage = {
    machine,
    dialled,
    lookUps,
    now: () => now,
    toldAll: () => take(told),
    /** Events since the last look, without `available`. */
    told: () => take(told).filter(({ event }) => event !== 'available'),
    available: () => take(told).flatMap((event) => (event.event === 'available' ? [event.is] : [])),
    facts: () => take(facts),
    noted: (fact: SfuFact['fact']) => facts.filter((one) => one.fact === fact),
    run: (act: (now: number) => SfuEffects) => run(() => act(now)),
    command: (command: SfuCommand) => run(() => machine.commanded(command, now)),
    /** Raw text from a proxy, on the newest link. */
    inject: (text: string) => {
      const link = [...wires.keys()].at(-1)
      if (link !== undefined) run(() => machine.linkReceived(link, text, now))
    },
    /** What this proxy says from now on is on its way until `release`. */
    hold(proxy: FakeProxy) {
      if (!held.has(proxy)) held.set(proxy, [])
    },
    release(proxy: FakeProxy) {
      const waiting = held.get(proxy) ?? []
      held.delete(proxy)
      for (const deliver of waiting) deliver()
    },
    pass(ms: number) {
      const end = now + ms
      for (;;) {
        const next = machine.nextDeadline()
        if (next === undefined || next > end) break
        now = Math.max(now, next)
        run(() => machine.expired(now))
      }
      now = end
    },
    /** Every link breaks, or those to one proxy. */
    cut(only?: FakeProxy) {
      for (const [link, wire] of [...wires]) {
        if (only && links.get(link) !== only) continue
        wires.delete(link)
        wire.lost()
        run(() => machine.linkClosed(link, 'network: reset', now))
      }
    },
    publish(stream: Stream, { country, sid = 'sid' as string | undefined, settings = {} }: PublishWish = {}): LegId {
      const leg = legId(++legs)
      stage.command({ do: 'publish', leg, stream, sid, settings: { ...nothing, ...settings }, origin: { country } })
      return leg
    },
    subscribe(stream: Stream, country?: string): LegId {
      const leg = legId(++legs)
      stage.command({ do: 'subscribe', leg, stream, origin: { country } })
      return leg
    },
    say(leg: LegId, saying: Extract<SfuCommand, { readonly do: 'say' }>['saying'], sid?: string): number {
      const request = ++requests
      stage.command({ do: 'say', leg, request, sid, saying })
      return request
    },
    offer: (leg: LegId, sdp: string, sid?: string): number => stage.say(leg, { say: 'offer', sdp }, sid),
    requestOffer: (leg: LegId, sid?: string): number =>
      stage.say(leg, { say: 'request-offer', selection: undefined }, sid),
    close: (leg: LegId) => stage.command({ do: 'close', leg }),
  }
  stage.run(machine.started)
  return stage
}

interface PublishWish {
  readonly country?: string | undefined
  readonly sid?: string | undefined
  readonly settings?: Partial<Extract<SfuCommand, { readonly do: 'publish' }>['settings']>
}
