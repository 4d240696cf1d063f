/** One of the others in a call: the picture, the name and the connection, through as many peer connections as it takes. */
import type { AdmissionInfo } from '../../sdk/src/admission/room.ts'
import { textAt } from '../../sdk/src/core/json.ts'
import type { Peer } from '../../sdk/src/core/peer.ts'
import type { ConnectionPath } from '../../sdk/src/rtc/path.ts'
import type { PeerLink } from '../../sdk/src/rtc/peer-link.ts'
import { type About, asName, readAbout, writeAbout } from './about.ts'
import { pathWords } from './path-words.ts'
import type { Tile } from './tile.ts'

/** ms between two looks at the path. */
const lookEvery = 2_000
/** Both ends open the channel under this number. */
const aboutChannel = 0

/** What one's own side says, and hears that is not only about the picture. */
export interface Ours {
  about(): About
  toldPass(pass: string): void
}

export class Person {
  readonly peer: Peer<AdmissionInfo>
  readonly tile: Tile
  readonly #ours: Ours
  #about: About
  #link: PeerLink | undefined
  #channel: RTCDataChannel | undefined
  #looking: ReturnType<typeof setInterval> | undefined

  constructor(peer: Peer<AdmissionInfo>, tile: Tile, ours: Ours) {
    this.peer = peer
    this.tile = tile
    this.#ours = ours
    this.#about = { name: asName(textAt(peer.info.peerinfo, 'name')), audio: true, video: false }
    tile.element.dataset['peer'] = peer.id
    tile.showAbout(this.#about)
    tile.showPath(pathWords('new', undefined))
  }

  get name(): string {
    return this.#about.name
  }

  linked(link: PeerLink): void {
    this.#link = link
    const pictures = new MediaStream()
    this.tile.video.srcObject = pictures
    link.on('track', ({ track }) => {
      pictures.addTrack(track)
      track.addEventListener('ended', () => pictures.removeTrack(track))
    })
    link.on('state', () => void this.#look(link))
    const channel = link.channel('about', aboutChannel)
    this.#channel = channel
    channel.addEventListener('open', () => this.tellAbout())
    channel.addEventListener('message', ({ data }) => this.#toldAbout(data))
    clearInterval(this.#looking)
    this.#looking = setInterval(() => void this.#look(link), lookEvery)
  }

  /** Says anew who we are. */
  tellAbout(): void {
    if (this.#channel?.readyState === 'open') this.#channel.send(writeAbout(this.#ours.about()))
  }

  gone(): void {
    clearInterval(this.#looking)
  }

  #toldAbout(data: unknown): void {
    const about = readAbout(data)
    if (!about) return
    this.#about = about
    this.tile.showAbout(about)
    if (about.pass !== undefined) this.#ours.toldPass(about.pass)
  }

  async #look(link: PeerLink): Promise<void> {
    let path: ConnectionPath | undefined
    try {
      path = link.state === 'connected' ? await link.path() : undefined
    } catch {
      // It was closed meanwhile.
    }
    if (this.#link !== link) return
    this.tile.element.dataset['state'] = link.state
    this.tile.showPath(pathWords(link.state, path))
  }
}
