/** An SFU's machine over real links, asked and listened to by a test. */
import { createRandom } from '../../src/io/random.ts'
import { type RunningSfu, runSfu } from '../../src/io/run-sfu.ts'
import { createSfuWorld } from '../../src/io/sfu-world.ts'
import type { SfuFact } from '../../src/sfu/facts.ts'
import { createJanusSfu } from '../../src/sfu/janus/janus.ts'
import type { Saying, SfuCommand, SfuEvent, SfuMachine } from '../../src/sfu/sfu.ts'
import { type LegId, legId, type Stream } from '../../src/sfu/stream.ts'

export interface SfuUnderTest extends AsyncDisposable {
  readonly sfu: RunningSfu
  readonly events: readonly SfuEvent[]
  readonly facts: readonly SfuFact[]
  /** What broke the machine; a test that expects nothing of the kind looks at the end. */
  readonly bugs: readonly string[]
  newLeg(): LegId
  command(command: SfuCommand): void
  /** Says something on a leg; resolves with the answer to it. */
  say(leg: LegId, saying: Saying, sid?: string): Promise<SfuEvent>
  publish(leg: LegId, stream: Stream, sid?: string): void
  subscribe(leg: LegId, stream: Stream): void
  /** The first event, past or future, that fits and that no `event` has handed out before. */
  event<E extends SfuEvent['event']>(
    kind: E,
    fits?: (event: Extract<SfuEvent, { readonly event: E }>) => boolean,
  ): Promise<Extract<SfuEvent, { readonly event: E }>>
}

export const anyOrigin = { country: undefined } as const
const settings = { bitrate: 0, mediaTypes: 3 }

export interface JanusSfuOptions {
  readonly url: string
  /** ms; 5 s unless told. */
  readonly timeout?: number
}

export function janusUnderTest({ url, timeout = 5_000 }: JanusSfuOptions): SfuUnderTest {
  const random = createRandom()
  const limits = { maxStreamBitrate: 1_048_576, maxScreenBitrate: 2_097_152, timeout }
  return sfuUnderTest(createJanusSfu({ url, ...limits }, random))
}

export function sfuUnderTest(machine: SfuMachine): SfuUnderTest {
  const events: SfuEvent[] = []
  const facts: SfuFact[] = []
  const bugs: string[] = []
  const taken = new Set<SfuEvent>()
  const waiting = new Set<() => void>()
  const world = createSfuWorld(
    { skipVerify: false, timeout: 5_000 },
    {
      tell(event) {
        events.push(event)
        for (const look of [...waiting]) look()
      },
      note: (fact) => void facts.push(fact),
      broke: (where, error) => void bugs.push(`${where}: ${error instanceof Error ? error.stack : error}`),
    },
  )
  const sfu = runSfu(machine, world)
  let legs = 0
  let requests = 0

  function next<T extends SfuEvent>(what: string, fits: (event: SfuEvent) => event is T): Promise<T> {
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(limit)
        waiting.delete(look)
      }
      const limit = setTimeout(() => {
        finish()
        reject(new Error(`${what}: nothing came; so far ${JSON.stringify(events)}; bugs: ${bugs.join()}`))
      }, 15_000)
      const look = (): void => {
        const found = events.filter((event) => !taken.has(event)).find(fits)
        if (!found) return
        finish()
        taken.add(found)
        resolve(found)
      }
      waiting.add(look)
      look()
    })
  }

  const command = (what: SfuCommand): void => sfu.command(what)
  return {
    sfu,
    events,
    facts,
    bugs,
    newLeg: () => legId(++legs),
    command,
    say(leg, saying, sid) {
      const request = ++requests
      command({ do: 'say', leg, request, sid, saying })
      return next(
        `answer to ${saying.say}`,
        (event): event is SfuEvent => 'request' in event && event.request === request,
      )
    },
    publish: (leg, stream, sid) => command({ do: 'publish', leg, stream, sid, settings, origin: anyOrigin }),
    subscribe: (leg, stream) => command({ do: 'subscribe', leg, stream, origin: anyOrigin }),
    event: <E extends SfuEvent['event']>(
      kind: E,
      fits: (event: Extract<SfuEvent, { readonly event: E }>) => boolean = () => true,
    ) => {
      type Wanted = Extract<SfuEvent, { readonly event: E }>
      const isWanted = (event: SfuEvent): event is Wanted => event.event === kind
      return next(kind, (event): event is Wanted => isWanted(event) && fits(event))
    },
    async [Symbol.asyncDispose]() {
      await sfu.stop()
      world[Symbol.dispose]()
      if (bugs.length > 0) throw new Error(`the machine broke: ${bugs.join('\n')}`)
    },
  }
}
