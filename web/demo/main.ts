/** The page: a lobby in which one sees oneself, and a call in a room. */
import type { AdmissionClient } from '../../sdk/src/admission/client.ts'
import type { AdmissionRoom } from '../../sdk/src/admission/room.ts'
import { EndedError, UnauthorizedError } from '../../sdk/src/core/errors.ts'
import { textAt } from '../../sdk/src/core/json.ts'
import type { Knock } from '../../sdk/src/core/room-state.ts'
import { asName } from './about.ts'
import { Call } from './call.ts'
import { createControls } from './controls.ts'
import { part } from './dom.ts'
import { createDoor } from './door.ts'
import { connect, declined, enter, isDeclined, type KeptPass } from './entering.ts'
import { createLobby, type Wish } from './lobby.ts'
import { OwnMedia } from './own-media.ts'
import { proofOf } from './pass.ts'
import { createSettings } from './settings.ts'
import { lastVisit, rememberVisit } from './visit.ts'

const media = new OwnMedia()
const door = createDoor()
let call: Call | undefined
/** Ends the present visit, or the way to it. */
let ending: (() => void) | undefined

const lobby = createLobby(media, { enter: (wish) => void visit(wish), cancel: () => ending?.() })
const controls = createControls(media, { leave: () => ending?.(), hear: () => call?.hear() })
createSettings(media)

/** From the lobby into the room, and back again. */
async function visit(wish: Wish): Promise<void> {
  const ended = new AbortController()
  ending = () => ended.abort()
  const { signal } = ended
  lobby.busy('Connecting …')
  let client: AdmissionClient | undefined
  try {
    client = await connect(wish, signal)
    controls.follow(client, signal)
    lobby.busy('Waiting to be let in …')
    const before = lastVisit()
    const kept: KeptPass = { pass: before?.room === wish.room ? before.pass : undefined }
    for (;;) {
      const room = await enter(client, wish.room, kept, signal)
      // Whoever left meanwhile does not stay in.
      if (signal.aborted) break
      const error = await inRoom(room, kept, wish, signal)
      if (signal.aborted) break
      if (client.state === 'closed' || isDeclined(error)) {
        rememberVisit({ room: wish.room, isIn: false })
        throw error
      }
      // After a restart of the server nobody has the room any more: the first who is back opens it.
      lobby.busy('Entering again …')
    }
    lobby.open()
  } catch (thrown) {
    if (thrown instanceof UnauthorizedError) lobby.askPassword(wish.password !== '')
    else lobby.open(signal.aborted ? '' : explained(thrown))
  } finally {
    ended.abort()
    ending = undefined
    client?.disconnect()
  }
}

/** Resolves when the room is closed or left, with what closed it. */
async function inRoom(room: AdmissionRoom, kept: KeptPass, wish: Wish, signal: AbortSignal): Promise<unknown> {
  const remember = (isIn: boolean) => rememberVisit({ room: wish.room, pass: isIn ? kept.pass : undefined, isIn })
  const closed = room.once('closed', { signal })
  call = new Call({
    room,
    media,
    name: wish.name,
    relayOnly: wish.relayOnly,
    pass: () => kept.pass,
    toldPass(told) {
      kept.pass = told
      remember(true)
    },
    silenced: controls.silenced,
  })
  const knocked = async (knock: Knock) => {
    const proof = textAt(knock.payload, 'proof')
    const { pass } = kept
    if (pass !== undefined && proof === (await proofOf(pass, wish.room, knock.id))) return knock.accept()
    door.knocked(knock, asName(textAt(knock.info, 'name')), () => knock.accept())
  }
  room.on('knock', (knock) => void knocked(knock), { signal })
  room.on('knock-ended', (knock) => door.ended(knock), { signal })
  for (const knock of room.knocks.values()) void knocked(knock)
  remember(true)
  controls.show(wish.room)
  lobby.hide()
  try {
    const { error } = await closed
    return error ?? new EndedError('The room was closed.')
  } catch (thrown) {
    remember(false)
    await room.leave().catch(() => {})
    return thrown
  } finally {
    call.close()
    call = undefined
    door.clear()
    controls.hide()
  }
}

/** What the server or the browser says, and what that means to a person. */
const meanings: readonly (readonly [said: RegExp, meaning: string])[] = [
  [declined, 'You were not let in.'],
  [/not answered in time/, 'Nobody opened the door.'],
  [/room is full/i, 'The room is full.'],
  [/fetch|network|load failed/i, 'The server cannot be reached.'],
]

function explained(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown)
  const known = meanings.find(([said]) => said.test(text))
  return known ? known[1] : `That did not work: ${text.replace(/\.$/, '')}.`
}

await media.start()
const former = lastVisit()
const invited = lobby.room()
if (former?.isIn && former.room === invited) lobby.enter()
else part('lobby', HTMLElement).dataset['ready'] = 'true'
