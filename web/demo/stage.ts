/** Everybody's pictures beside each other, one's own among them. */
import { part } from './dom.ts'
import { createTile, type Tile } from './tile.ts'

export interface Stage {
  readonly own: Tile
  add(): Tile
  remove(tile: Tile): void
  /** Plays all again, with sound, after the person has touched the page. */
  play(): void
  clear(): void
}

const most = 5

/** `silenced` is told when the browser keeps sound back until the page is touched. */
export function createStage(media: MediaStream, silenced: () => void): Stage {
  const element = part('stage', HTMLElement)
  const own = createTile('own')
  own.video.srcObject = media
  element.append(own.element)

  function arrange(): void {
    const { length } = element.children
    element.dataset['people'] = length > most ? 'many' : String(length)
  }

  function play(tile: Tile): void {
    tile.video.play().catch((thrown: unknown) => {
      if (!(thrown instanceof DOMException) || thrown.name !== 'NotAllowedError' || tile.video.muted) return
      // Better a picture without sound than none.
      tile.video.muted = true
      play(tile)
      silenced()
    })
  }

  const others = new Set<Tile>()
  arrange()
  return {
    own,
    add() {
      const tile = createTile('other')
      others.add(tile)
      element.insertBefore(tile.element, own.element)
      tile.video.addEventListener('loadedmetadata', () => play(tile))
      arrange()
      return tile
    },
    remove(tile) {
      others.delete(tile)
      tile.video.srcObject = null
      tile.element.remove()
      arrange()
    },
    play() {
      for (const tile of others) {
        tile.video.muted = false
        play(tile)
      }
    },
    clear() {
      own.video.srcObject = null
      element.replaceChildren()
      element.dataset['people'] = '0'
    },
  }
}
