/** What is said to the server about media: each under an id, so that its refusal comes back to who said it. */
import type { HeliographError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'

/** So many may be open to refusal; only refusals are answered, so the oldest count as accepted. */
const mostOpen = 500

export class MediaLine {
  readonly #send: (id: string, session: string, data: JsonObject) => void
  readonly #open = new Map<string, (error: HeliographError) => void>()
  #said = 0

  constructor(send: (id: string, session: string, data: JsonObject) => void) {
    this.#send = send
  }

  say(session: string, data: JsonObject, refused: (error: HeliographError) => void = () => {}): void {
    this.#said += 1
    const id = `media-${this.#said}`
    this.#open.set(id, refused)
    const [oldest] = this.#open.keys()
    if (this.#open.size > mostOpen && oldest !== undefined) this.#open.delete(oldest)
    this.#send(id, session, data)
  }

  /** True if the id is one of these; its refusal may come after others have pushed it out. */
  refused(id: string, error: HeliographError): boolean {
    if (!id.startsWith('media-')) return false
    const refused = this.#open.get(id)
    this.#open.delete(id)
    refused?.(error)
    return true
  }
}
