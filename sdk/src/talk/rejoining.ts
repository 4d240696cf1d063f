/** Getting into the same room again: after a new session of ours, or when our server has lost a room of another Nextcloud. */
import { asHeliographError, type HeliographError } from '../core/errors.ts'
import type { JsonObject } from '../core/json.ts'
import type { Line } from '../core/line.ts'
import { askWithToken, isCurable, type Joined, listPatienceFor, patienceFor, wishFor } from './joining.ts'

/** What the client does for it. */
export interface RejoiningRoutes {
  /** Asks for the room; `answered` sees the answer before anything that follows it. */
  ask(
    line: Line,
    body: JsonObject,
    timeout: number | undefined,
    answered: (answer: JsonObject) => void,
  ): Promise<JsonObject>
  /** Resolves when everything before has been handled, or after the limit. */
  roundTrip(timeout: number | undefined, line: Line | undefined): Promise<void>
  isPresent(joined: Joined): boolean
  ended(reason: string, error: HeliographError): void
}

const what = 'a Talk session'

export class Rejoining {
  readonly #routes: RejoiningRoutes

  constructor(routes: RejoiningRoutes) {
    this.#routes = routes
  }

  /** Throws what is worth another connection; after anything else the room has ended. */
  async again(joined: Joined, selfId: string, line: Line): Promise<void> {
    const { room, state, wish } = joined
    try {
      const body = await wishFor(room.id, wish)
      joined.roomSession = body.sessionid
      const ask = (again: JsonObject) =>
        this.#routes.ask(line, again, patienceFor(wish), (answer) => {
          joined.isOut = false
          state.selfId = selfId
          state.doubt()
          room.startOver()
          room.described(answer['room'])
        })
      await askWithToken(body, wish, ask)
      await this.#routes.roundTrip(listPatienceFor(wish), line)
      if (line.isCurrent) state.settle()
    } catch (thrown) {
      if (!line.isCurrent) return
      const error = asHeliographError(thrown, what)
      if (error.temporary) throw error
      this.#routes.ended('could not be joined again', error)
    }
  }

  /** Our server has joined a federated room anew: to the others we are somebody new, and who is there comes next. */
  begunThere(joined: Joined, line: Line | undefined): void {
    const { room, state, wish } = joined
    state.doubt()
    room.startOver()
    const finish = (): void => {
      if (!this.#routes.isPresent(joined)) return
      if (line?.isCurrent) state.settle()
      state.rejoined(state.selfId)
    }
    this.#routes.roundTrip(patienceFor(wish), line).then(finish, finish)
  }

  /** Our server cannot get back into a federated room. After an expired token it waits for us to ask again. */
  lost(joined: Joined, error: HeliographError, line: Line | undefined): void {
    joined.error = error
    if (error.code !== 'token_expired') return
    if (!isCurable(error, joined.wish)) return this.#routes.ended('could not be joined again', error)
    joined.isOut = true
    if (line) this.comeBack(joined, line)
  }

  /** Joins the room that we are out of, as the same session. */
  comeBack(joined: Joined, line: Line): void {
    const { state } = joined
    this.again(joined, state.selfId, line).then(
      () => {
        if (this.#routes.isPresent(joined) && !joined.isOut) state.rejoined(state.selfId)
      },
      (thrown: unknown) => this.#routes.ended('could not be joined again', asHeliographError(thrown, what)),
    )
  }
}
