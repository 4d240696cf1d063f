/** One person's picture on the stage: the video or initials, the name, and how the connection is doing. */
import { type About, initials } from './about.ts'
import { icon, make } from './dom.ts'
import type { PathWords } from './path-words.ts'

export interface Tile {
  readonly element: HTMLElement
  readonly video: HTMLVideoElement
  showAbout(about: About): void
  showPath(words: PathWords): void
}

export function createTile(kind: 'own' | 'other'): Tile {
  const video = make('video', {
    autoplay: true,
    playsInline: true,
    muted: kind === 'own',
    disablePictureInPicture: true,
  })
  video.setAttribute('aria-hidden', 'true')
  const face = make('p', { className: 'face', ariaHidden: 'true' })
  const name = make('span')
  const mutedIcon = icon('mic-off')
  mutedIcon.removeAttribute('aria-hidden')
  mutedIcon.setAttribute('role', 'img')
  mutedIcon.setAttribute('aria-label', 'muted')
  const chip = make('p', { className: 'chip', hidden: kind === 'own' })
  const label = make('p', { className: 'label' }, name, mutedIcon)
  const element = make('article', { className: `tile ${kind}` }, video, face, chip, label)

  return {
    element,
    video,
    showAbout(about) {
      name.textContent = kind === 'own' ? 'You' : about.name
      face.textContent = initials(about.name)
      element.dataset['audio'] = about.audio ? 'on' : 'off'
      element.dataset['video'] = about.video ? 'on' : 'off'
      element.setAttribute('aria-label', kind === 'own' ? 'You' : about.name)
    },
    showPath({ text, meaning, tone, way }) {
      chip.textContent = text
      chip.title = meaning
      chip.dataset['tone'] = tone
      element.dataset['way'] = way
    },
  }
}
