/** The thread of a batch worker under test, with the tiny server for a machine. */
import { randomInt } from 'node:crypto'
import { startBatchWorker } from '../../../../src/io/turn/batch/start.ts'
import { countersIn } from '../../../../src/io/turn/counters.ts'
import type { TurnWorker } from '../../../../src/io/turn/world.ts'
import { parseIp } from '../../../../src/lib/ip-address.ts'
import { createLedger } from '../../../../src/turn/ledger.ts'
import type { TurnSettings } from '../../../../src/turn/settings.ts'
import { createTinyServer } from './tiny-server.ts'

declare const self: Worker

export type ToThread =
  | {
      readonly do: 'start'
      readonly hosts: readonly string[]
      readonly counters: SharedArrayBuffer
      readonly wakeFd: number
    }
  | { readonly do: 'drain' | 'stop' | 'count-descriptors' }

export type FromThread =
  | { readonly said: 'started'; readonly ports: readonly number[] }
  | { readonly said: 'drained' | 'stopped' }
  | { readonly said: 'fact'; readonly fact: string; readonly text: string }
  | { readonly said: 'failed'; readonly error: string }

const limits = { quotas: { perUser: 0, perSource: 0, total: 0 }, challengeRate: 0, bindingRate: 0 }

function loopback(text: string) {
  const ip = parseIp(text)
  if (ip === undefined) throw new Error(`${text} is no address`)
  return { bound: ip, told: ip }
}

const settings: TurnSettings = {
  ...limits,
  realm: 'test',
  credentials: { users: new Map(), secrets: [], hook: false },
  nonceKey: new Uint8Array(32),
  peers: { allowed: [], denied: [], own: [], closed: [], relays: [], relayPorts: { min: 0, max: 0 }, sfu: [] },
  relays: { 4: loopback('127.0.0.1'), 6: loopback('::1') },
  bytesPerSecond: 0,
  channels: 'rfc8656',
  tcpRelay: false,
  sha256: false,
}

let worker: TurnWorker | undefined
const say = (said: FromThread): void => self.postMessage(said)

self.onmessage = ({ data: task }: MessageEvent<ToThread>) => {
  if (task.do === 'start') {
    try {
      worker = startBatchWorker(
        {
          listeners: task.hosts.map((host) => ({ transport: 'udp', host, port: 0 })),
          settings,
          ledger: createLedger({ shape: { min: 20_000, max: 29_999 }, limits, random: (below) => randomInt(below) }),
          counters: countersIn(task.counters),
          note: (fact) => say({ said: 'fact', fact: fact.fact, text: JSON.stringify(fact) }),
          askHook: () => {},
          wakeFd: task.wakeFd,
        },
        createTinyServer,
      )
      say({ said: 'started', ports: worker.ports })
    } catch (fault) {
      say({ said: 'failed', error: String(fault) })
    }
  } else if (task.do === 'drain') void worker?.drain().then(() => say({ said: 'drained' }))
  else if (task.do === 'stop') void worker?.stop().then(() => say({ said: 'stopped' }))
}
