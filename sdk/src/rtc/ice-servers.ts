/** STUN and TURN servers with credentials that end some day: asked for when needed, and again before they end. */
import { ConnectionError } from '../core/errors.ts'
import { isObject, listAt, readObject, textAt } from '../core/json.ts'
import type { World } from '../core/world.ts'

export interface IceServerSet {
  readonly iceServers: readonly RTCIceServer[]
  /** ms that the credentials hold; undefined: for good. */
  readonly lifetime?: number | undefined
}

/** Where a set comes from: a list that stays, or a function that is asked anew when the last set has aged. */
export type IceServerSource = readonly RTCIceServer[] | (() => IceServerSet | Promise<IceServerSet>)

/** A set is replaced when so much of its life has gone. */
const aged = 0.8
/** After a failure to get a new set the next attempt comes after so many ms. */
const failurePause = 10_000

export class IceServers {
  readonly #source: IceServerSource
  readonly #world: Pick<World, 'now' | 'after'>
  #current: { readonly set: IceServerSet; readonly until: number } | undefined
  #pending: Promise<IceServerSet> | undefined

  constructor(source: IceServerSource, world: Pick<World, 'now' | 'after'>) {
    this.#source = source
    this.#world = world
  }

  /** The present set, or a new one if that has aged; several who ask at once share one question. */
  get(): Promise<IceServerSet> {
    if (typeof this.#source !== 'function') return Promise.resolve({ iceServers: this.#source })
    if (this.#current && this.#world.now() < this.#current.until) return Promise.resolve(this.#current.set)
    this.#pending ??= this.#ask(this.#source).finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }

  /** Hands over each new set from the next one on; answers a function that ends it. */
  follow(changed: (set: IceServerSet) => void): () => void {
    if (typeof this.#source !== 'function') return () => {}
    let isOver = false
    let cancel = (): void => {}
    const wait = (): void => {
      const { until } = this.#current ?? {}
      if (isOver || until === Number.POSITIVE_INFINITY) return
      const pause = until === undefined ? failurePause : Math.max(until - this.#world.now(), 1_000)
      cancel = this.#world.after(pause, () => {
        this.get().then(
          (set) => {
            if (isOver) return
            changed(set)
            wait()
          },
          () => {
            this.#current = undefined
            wait()
          },
        )
      })
    }
    wait()
    return () => {
      isOver = true
      cancel()
    }
  }

  async #ask(source: () => IceServerSet | Promise<IceServerSet>): Promise<IceServerSet> {
    const set = await source()
    const until = set.lifetime === undefined ? Number.POSITIVE_INFINITY : this.#world.now() + set.lifetime * aged
    this.#current = { set, until }
    return set
  }
}

export interface IceRouteOptions {
  /** The key of the server's `[turn] apikey`. A page that everybody may read must not hold it: ask a server of yours. */
  readonly key?: string
  readonly user?: string
  readonly fetch?: (url: string, init?: RequestInit) => Promise<Response>
}

/** A source that asks the server's `/ice`. */
export function iceServersFrom(url: string | URL, options: IceRouteOptions = {}): () => Promise<IceServerSet> {
  const ask = options.fetch ?? ((address, init) => fetch(address, init))
  return async () => {
    const address = new URL(url)
    if (options.user !== undefined) address.searchParams.set('username', options.user)
    const headers = options.key === undefined ? {} : { authorization: `Bearer ${options.key}` }
    const answer = await ask(address.href, { headers })
    if (!answer.ok)
      throw new ConnectionError(`${address.pathname} answered ${answer.status}`, { code: 'no_ice_servers' })
    return readIceServers(await answer.text())
  }
}

/** Reads what `/ice` answers: `{"iceServers": […], "lifetimeDuration": "86400s"}`. */
export function readIceServers(text: string): IceServerSet {
  const value = readObject(text)
  const iceServers = readIceServerList(listAt(value, 'iceServers'))
  const seconds = /^(\d+)s$/.exec(textAt(value, 'lifetimeDuration') ?? '')?.[1]
  return { iceServers, ...(seconds === undefined ? {} : { lifetime: Number(seconds) * 1000 }) }
}

export const readIceServerList = (value: unknown): readonly RTCIceServer[] =>
  Array.isArray(value) ? value.flatMap(readServer) : []

function readServer(value: unknown): readonly RTCIceServer[] {
  if (!isObject(value)) return []
  const { urls } = value
  const list = (Array.isArray(urls) ? urls : [urls]).filter((url) => typeof url === 'string')
  if (list.length === 0) return []
  const [username, credential] = [textAt(value, 'username'), textAt(value, 'credential')]
  return [
    {
      urls: list,
      ...(username === undefined ? {} : { username }),
      ...(credential === undefined ? {} : { credential }),
    },
  ]
}
