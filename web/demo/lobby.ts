/** The first view: who one is, where one wants to go, and how one looks. */
import { asName } from './about.ts'
import { announce, part } from './dom.ts'
import type { OwnMedia } from './own-media.ts'
import { asRoomName, roomInHash, suggestedName } from './room-names.ts'
import { lastName, rememberName } from './visit.ts'

export interface Wish {
  readonly room: string
  readonly name: string
  readonly password: string
  readonly relayOnly: boolean
}

export interface Lobby {
  /** The room that is asked for so far. */
  room(): string
  /** As if the button had been pressed. */
  enter(): void
  /** On the way; the text says how far. */
  busy(text: string): void
  open(notice?: string): void
  askPassword(wasWrong: boolean): void
  hide(): void
}

export interface LobbyActions {
  enter(wish: Wish): void
  cancel(): void
}

export function createLobby(media: OwnMedia, actions: LobbyActions): Lobby {
  const view = part('lobby', HTMLElement)
  const title = part('lobby-title', HTMLHeadingElement)
  const form = part('entrance', HTMLFormElement)
  const room = part('room', HTMLInputElement)
  const name = part('name', HTMLInputElement)
  const password = part('password', HTMLInputElement)
  const enterButton = part('enter', HTMLButtonElement)
  const cancelButton = part('cancel', HTMLButtonElement)
  const notice = part('notice', HTMLParagraphElement)
  const preview = part('preview', HTMLVideoElement)
  const note = part('preview-note', HTMLParagraphElement)

  room.value = roomInHash(location.hash) || suggestedName(Math.random)
  name.value = lastName()
  preview.srcObject = media.stream

  function showMedia(): void {
    const state = media.state('video')
    preview.hidden = state !== 'on'
    note.hidden = state === 'on' && media.problem === ''
    note.textContent = media.problem || (state === 'off' ? 'Your camera is off.' : 'Your camera appears here.')
  }

  function setBusy(isBusy: boolean, text: string): void {
    for (const field of [room, name, password, enterButton, part('another-room', HTMLButtonElement)]) {
      field.disabled = isBusy
    }
    cancelButton.hidden = !isBusy
    enterButton.textContent = isBusy ? text : 'Enter'
    if (isBusy) announce(text)
  }

  function tell(text: string): void {
    notice.textContent = text
    notice.hidden = text === ''
    if (text !== '') announce(text, 'now')
  }

  function show(): void {
    view.hidden = false
    preview.srcObject = media.stream
    showMedia()
    document.title = 'Heliograph'
  }

  function enter(): void {
    room.value = asRoomName(room.value)
    if (room.value === '') return room.focus()
    rememberName(name.value.trim())
    history.replaceState(null, '', `#${room.value}`)
    tell('')
    const relayOnly = part('relay-only', HTMLInputElement).checked
    actions.enter({ room: room.value, name: asName(name.value), password: password.value, relayOnly })
  }

  media.addEventListener('change', showMedia)
  window.addEventListener('hashchange', () => {
    if (!room.disabled && !view.hidden) room.value = roomInHash(location.hash) || room.value
  })
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    enter()
  })
  cancelButton.addEventListener('click', () => actions.cancel())
  part('another-room', HTMLButtonElement).addEventListener('click', () => {
    room.value = suggestedName(Math.random)
    room.focus()
  })

  return {
    room: () => roomInHash(location.hash),
    enter,
    busy(text) {
      show()
      setBusy(true, text)
    },
    open(text = '') {
      setBusy(false, '')
      show()
      tell(text)
      title.focus()
    },
    askPassword(wasWrong) {
      setBusy(false, '')
      show()
      part('password-row', HTMLElement).hidden = false
      tell(wasWrong ? 'The password is not right.' : 'This server asks for a password.')
      password.focus()
    },
    hide() {
      view.hidden = true
      preview.srcObject = null
      setBusy(false, '')
    },
  }
}
