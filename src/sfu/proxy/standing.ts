/** What a proxy has told of itself, and what that means for those who come. */
import { isCountry } from './continents.ts'
import type { Bandwidth, EventBody, Reply } from './messages.ts'

type Hello = Extract<Reply, { readonly type: 'hello' }>['hello']

export interface Told {
  readonly country: string | undefined
  readonly version: string | undefined
  readonly features: readonly string[]
  /** With what we have brought there since it told its load. */
  readonly load: number
  readonly bandwidth: Bandwidth | undefined
  readonly isDraining: boolean
  readonly hasBackend: boolean
  /** It owes an answer for longer than it may take. */
  readonly isSilent: boolean
  /** A connection begins: what held for the last one need not hold for this. */
  began(): void
  /** Whether its country is one. */
  welcomed(server: Hello['server']): boolean
  /** `news` if the event changed something that is worth noting. */
  happened(event: EventBody): 'news' | 'known' | 'other'
  spoke(): void
  fellSilent(): void
  brought(clients: number): void
  /** All that we had brought is gone. */
  emptied(): void
}

export function createTold(): Told {
  let server: Hello['server']
  let country: string | undefined
  let load: { readonly told: number; readonly bandwidth: Bandwidth | undefined } = { told: 0, bandwidth: undefined }
  let brought = 0
  let isDraining = false
  let hasBackend = true
  let isSilent = false

  return {
    get country() {
      return country
    },
    get version() {
      return server?.version || undefined
    },
    get features() {
      return server?.features ?? []
    },
    get load() {
      return Math.max(0, load.told + brought)
    },
    get bandwidth() {
      return load.bandwidth
    },
    get isDraining() {
      return isDraining
    },
    get hasBackend() {
      return hasBackend
    },
    get isSilent() {
      return isSilent
    },
    began() {
      isDraining = false
      hasBackend = true
      isSilent = false
    },
    welcomed(its) {
      server = its
      const claimed = its?.country?.toUpperCase() || undefined
      const isOne = claimed === undefined || isCountry(claimed)
      country = isOne ? claimed : undefined
      return isOne
    },
    happened(event) {
      switch (event.type) {
        case 'update-load':
          load = { told: event.load ?? 0, bandwidth: event.bandwidth ?? undefined }
          brought = 0
          return 'known'
        case 'shutdown-scheduled': {
          const isNews = !isDraining
          isDraining = true
          return isNews ? 'news' : 'known'
        }
        case 'backend-disconnected':
        case 'backend-connected': {
          const isThere = event.type === 'backend-connected'
          const isNews = hasBackend !== isThere
          hasBackend = isThere
          return isNews ? 'news' : 'known'
        }
        default:
          return 'other'
      }
    },
    spoke() {
      isSilent = false
    },
    fellSilent() {
      isSilent = true
    },
    brought(clients) {
      brought += clients
    },
    emptied() {
      brought = 0
    },
  }
}
