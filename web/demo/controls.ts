/** The bars above and below a call: the room, the state of the line to the server, and the buttons. */
import type { AdmissionClient } from '../../sdk/src/admission/client.ts'
import { announce, part } from './dom.ts'
import type { Medium, OwnMedia } from './own-media.ts'

export interface Controls {
  show(room: string): void
  hide(): void
  /** Shows what becomes of the connection to the server. */
  follow(client: AdmissionClient, signal: AbortSignal): void
  /** The browser keeps the sound back. */
  silenced(): void
}

export interface ControlActions {
  leave(): void
  hear(): void
}

const words: Readonly<Record<Medium, string>> = { audio: 'Microphone', video: 'Camera' }

export function createControls(media: OwnMedia, actions: ControlActions): Controls {
  const view = part('call', HTMLElement)
  const line = part('line', HTMLParagraphElement)
  const hear = part('hear', HTMLButtonElement)
  const copy = part('copy', HTMLButtonElement)
  let lock: Promise<WakeLockSentinel> | undefined

  const isMedium = (text: string | undefined): text is Medium => text === 'audio' || text === 'video'
  const toggles = [...document.querySelectorAll<HTMLButtonElement>('[data-toggle]')]

  function showToggles(): void {
    for (const button of toggles) {
      const medium = button.dataset['toggle']
      if (!isMedium(medium)) continue
      const state = media.state(medium)
      button.setAttribute('aria-pressed', String(state === 'on'))
      button.title = state === 'none' ? `${words[medium]}: none, press to try again` : `${words[medium]} ${state}`
    }
  }

  function toggle(medium: Medium): void {
    media.toggle(medium)
    announce(`${words[medium]} ${media.state(medium) === 'on' ? 'on' : 'off'}.`)
  }

  async function copyLink(): Promise<void> {
    const label = copy.querySelector('span')
    if (!label) return
    try {
      await navigator.clipboard.writeText(location.href)
      label.textContent = 'Copied'
      announce('The link is copied.')
    } catch {
      // Not everywhere may a page write to the clipboard; the person can.
      prompt('The link to this room:', location.href)
    }
    setTimeout(() => {
      label.textContent = 'Copy link'
    }, 2_000)
  }

  /** The screen of a phone stays on for as long as one looks at others. */
  function keepAwake(): void {
    if (view.hidden || document.visibilityState !== 'visible') return
    lock = navigator.wakeLock?.request('screen')
    lock?.catch(() => {})
  }

  for (const button of toggles) {
    button.addEventListener('click', () => {
      const medium = button.dataset['toggle']
      if (isMedium(medium)) toggle(medium)
    })
  }
  media.addEventListener('change', showToggles)
  document.addEventListener('visibilitychange', keepAwake)
  document.addEventListener('keydown', (event) => {
    const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement
    if (view.hidden || isTyping || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return
    if (event.key === 'm') toggle('audio')
    else if (event.key === 'c') toggle('video')
  })
  part('leave', HTMLButtonElement).addEventListener('click', () => actions.leave())
  copy.addEventListener('click', () => void copyLink())
  hear.addEventListener('click', () => {
    hear.hidden = true
    actions.hear()
  })

  return {
    show(room) {
      part('room-name', HTMLElement).textContent = room
      document.title = `${room} · Heliograph`
      view.hidden = false
      part('call-title', HTMLHeadingElement).focus()
      announce(`You are in the room ${room}.`)
      keepAwake()
    },
    hide() {
      view.hidden = true
      hear.hidden = true
      void lock?.then(
        (held) => held.release(),
        () => {},
      )
      lock = undefined
    },
    follow(client, signal) {
      const show = () => {
        line.hidden = client.state === 'connected'
        line.textContent = 'Reconnecting …'
        line.dataset['tone'] = 'bad'
      }
      client.on('state', show, { signal })
      show()
    },
    silenced() {
      hear.hidden = false
    },
  }
}
