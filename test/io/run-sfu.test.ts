/** The contract between an SFU's machine and the world, with a machine of a few lines and a world that writes down what it is asked. */
import { describe, expect, test } from 'bun:test'
import type { DialEvents } from '../../src/io/dial.ts'
import { type RunningSfu, runSfu, type SfuWorld } from '../../src/io/run-sfu.ts'
import type { SfuCommand, SfuEffect, SfuEffects, SfuMachine } from '../../src/sfu/sfu.ts'
import { legId } from '../../src/sfu/stream.ts'

interface Stage {
  readonly sfu: RunningSfu
  /** Inputs of the machine (`>`) and calls to the world, in the order in which they came. */
  readonly log: string[]
  readonly links: DialEvents[]
  readonly gone: PromiseWithResolvers<void>[]
  readonly wakes: { readonly at: number; readonly wake: () => void }[]
  readonly lookUps: PromiseWithResolvers<readonly string[]>[]
  /** What the machine does for an input. */
  readonly when: Map<string, () => SfuEffects>
  deadline: number | undefined
}

const started: readonly SfuEffect[] = [
  { do: 'dial', link: 7, url: 'ws://janus/', subprotocol: 'janus-protocol', address: '10.0.0.1' },
]

function stage(): Stage {
  const log: string[] = []
  const when: Stage['when'] = new Map([['started', () => started]])
  const heard = (what: string): SfuEffects => {
    log.push(`> ${what}`)
    return when.get(what)?.() ?? []
  }
  const machine: SfuMachine = {
    started: () => heard('started'),
    commanded: (command) => heard(`${command.do} ${command.leg}`),
    linkOpened: (link) => heard(`opened ${link}`),
    linkReceived: (link, text) => heard(`received ${link} ${text}`),
    linkClosed: (link, why) => heard(`closed ${link} ${why}`),
    lookedUp: (host, addresses) => heard(`looked up ${host} ${addresses.join(' ')}`),
    expired: (now) => heard(`expired ${now}`),
    nextDeadline: () => staged.deadline,
    isAvailable: true,
    census: () => ({
      publishers: { audio: 0, video: 0, screen: 0 },
      subscribers: { audio: 0, video: 0, screen: 0 },
      connections: 0,
    }),
    stats: () => ({}),
    serverInfo: () => ({}),
    stopped: () => heard('stopped'),
  }
  const links: DialEvents[] = []
  const gone: PromiseWithResolvers<void>[] = []
  const wakes: Stage['wakes'] = []
  const lookUps: PromiseWithResolvers<readonly string[]>[] = []
  const world: SfuWorld = {
    now: () => 1_000,
    dial({ url, subprotocol, address }, events) {
      log.push(`dial ${url} ${subprotocol} ${address}`)
      const over = Promise.withResolvers<void>()
      links.push(events)
      gone.push(over)
      return {
        send: (text) => log.push(`send ${text}`) > 0,
        close: () => void log.push('close'),
        gone: over.promise,
      }
    },
    lookUp(host) {
      log.push(`look up ${host}`)
      const found = Promise.withResolvers<readonly string[]>()
      lookUps.push(found)
      return found.promise
    },
    tell: (event) => void log.push(`tell ${event.event}`),
    note: (fact) => void log.push(`note ${Object.values(fact).join(' ')}`),
    broke: (where, error) => void log.push(`broke ${where}: ${error instanceof Error ? error.message : error}`),
    wakeAt: (at, wake) => void wakes.push({ at, wake }),
  }
  const staged: Omit<Stage, 'sfu'> = { log, links, gone, wakes, lookUps, when, deadline: undefined }
  return Object.assign(staged, { sfu: runSfu(machine, world) })
}

const close = (leg: number): SfuCommand => ({ do: 'close', leg: legId(leg) })
const send = (text: string, link = 7): SfuEffect => ({ do: 'send', link, text })
const broken = (): never => {
  throw new Error('a bug')
}
const begun = ['> started', 'dial ws://janus/ janus-protocol 10.0.0.1']

test('it begins at once; effects are carried out in order, whatever they are', () => {
  const { sfu, log, when } = stage()
  when.set('close 1', () => [
    send('a'),
    { do: 'tell', event: { event: 'available', is: true } },
    { do: 'note', fact: { fact: 'sfu-message', type: 'offer' } },
    { do: 'look-up', host: 'proxies' },
    { do: 'hang-up', link: 7 },
    send('to nobody', 8),
  ])
  sfu.command(close(1))
  expect(log).toEqual([
    ...begun,
    '> close 1',
    'send a',
    'tell available',
    'note sfu-message offer',
    'look up proxies',
    'close',
  ])
})

test('what clients say is noted under the name that they have for it', () => {
  const { sfu, log } = stage()
  const selection = undefined
  const saying = { say: 'request-offer', selection } as const
  sfu.command({ do: 'say', leg: legId(1), request: 1, sid: undefined, saying })
  expect(log.slice(2)).toEqual(['note sfu-message requestoffer', '> say 1'])
})

test('what happens on a link is told with its number, and why it closed', () => {
  const { log, links } = stage()
  links[0]?.opened()
  links[0]?.text('hi')
  links[0]?.closed({ why: 'network', detail: 'gone' })
  expect(log.slice(2)).toEqual(['> opened 7', '> received 7 hi', '> closed 7 network: gone'])
})

test('an input that comes up while effects are carried out waits for the last of them', () => {
  const { sfu, log, when } = stage()
  when.set('close 1', () => [
    {
      do: 'tell',
      get event() {
        sfu.command(close(2))
        return { event: 'available', is: true } as const
      },
    },
    send('the last of the first'),
  ])
  sfu.command(close(1))
  expect(log.slice(2)).toEqual(['> close 1', 'tell available', 'send the last of the first', '> close 2'])
})

test('an input that breaks the machine is reported, and the next one is served', () => {
  const { sfu, log, when, links } = stage()
  when.set('received 7 bad', broken)
  links[0]?.text('bad')
  sfu.command(close(1))
  expect(log.slice(2)).toEqual(['> received 7 bad', 'broke sfu: link received: a bug', '> close 1'])
})

test('names are looked up; a broken search finds nothing', async () => {
  const { sfu, log, when, lookUps } = stage()
  when.set('close 1', () => [{ do: 'look-up', host: 'proxies' }])
  sfu.command(close(1))
  sfu.command(close(1))
  lookUps[0]?.resolve(['10.0.0.1', '10.0.0.2'])
  lookUps[1]?.reject(new Error('a bug'))
  await Bun.sleep(0)
  expect(log.filter((line) => line.includes('looked up') || line.includes('broke'))).toEqual([
    '> looked up proxies 10.0.0.1 10.0.0.2',
    'broke sfu: look up: a bug',
    '> looked up proxies ',
  ])
})

test('there is one timer, for the earliest deadline', () => {
  const staged = stage()
  const { sfu, wakes, log } = staged
  staged.deadline = 5_000
  sfu.command(close(1))
  sfu.command(close(1))
  staged.deadline = 9_000
  sfu.command(close(1))
  staged.deadline = 3_000
  sfu.command(close(1))
  expect(wakes.map(({ at }) => at)).toEqual([5_000, 3_000])
  staged.deadline = 4_000
  wakes[1]?.wake()
  expect(log.at(-1)).toBe('> expired 1000')
  expect(wakes.map(({ at }) => at)).toEqual([5_000, 3_000, 4_000])
})

describe('the end', () => {
  const goodbye = (): SfuEffects => [send('destroy'), { do: 'tell', event: { event: 'available', is: false } }]
  const over = async (promise: Promise<void>): Promise<boolean> => {
    let isOver = false
    void promise.then(() => {
      isOver = true
    })
    await Bun.sleep(0)
    return isOver
  }

  test('the machine listens on until it has hung up; nothing is told, nobody commands any more', async () => {
    const { sfu, log, when, links, gone } = stage()
    when.set('stopped', goodbye)
    when.set('received 7 destroyed', () => [send('bye'), { do: 'hang-up', link: 7 }])
    const stopped = sfu.stop()
    expect(log.slice(2)).toEqual(['> stopped', 'send destroy'])
    sfu.command(close(1))
    expect(await over(stopped)).toBe(false)
    links[0]?.text('destroyed')
    expect(log.slice(4)).toEqual(['> received 7 destroyed', 'send bye', 'close'])
    expect(await over(stopped)).toBe(false)
    gone[0]?.resolve()
    await stopped
    expect(log).toHaveLength(7)
  })

  test('also when the link is lost meanwhile', async () => {
    const { sfu, links, gone, log } = stage()
    const stopped = sfu.stop()
    links[0]?.closed({ why: 'network', detail: 'gone' })
    gone[0]?.resolve()
    await stopped
    expect(log.at(-1)).toBe('> closed 7 network: gone')
    // Well before the time that a farewell has.
  }, 2_000)

  test('also in the middle of something, and when the machine breaks on it', async () => {
    const { sfu, log, when, links, gone } = stage()
    when.set('stopped', broken)
    let stopped: Promise<void> | undefined
    when.set('close 1', () => [
      {
        do: 'send',
        link: 7,
        get text() {
          stopped = sfu.stop()
          return 'first'
        },
      },
      send('second'),
    ])
    sfu.command(close(1))
    expect(log.slice(2)).toEqual(['> close 1', 'send first', 'send second', '> stopped', 'broke sfu: stopped: a bug'])
    links[0]?.closed({ why: 'closed', detail: '' })
    gone[0]?.resolve()
    await stopped
    expect(log.at(-1)).toBe('> closed 7 closed')
  })
})
