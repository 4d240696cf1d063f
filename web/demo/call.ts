/** A call in a room: a connection with each of the others, and everybody on the stage. */
import type { AdmissionInfo, AdmissionRoom } from '../../sdk/src/admission/room.ts'
import type { Peer } from '../../sdk/src/core/peer.ts'
import { Mesh } from '../../sdk/src/rtc/mesh.ts'
import type { About } from './about.ts'
import { announce } from './dom.ts'
import type { OwnMedia } from './own-media.ts'
import { Person } from './person.ts'
import { createStage, type Stage } from './stage.ts'

export interface CallOptions {
  readonly room: AdmissionRoom
  readonly media: OwnMedia
  readonly name: string
  readonly relayOnly: boolean
  /** What lets one back in, as far as it is known. */
  readonly pass: () => string | undefined
  readonly toldPass: (pass: string) => void
  /** The browser keeps the sound back until the page is touched. */
  readonly silenced: () => void
}

export class Call {
  readonly #options: CallOptions
  readonly #stage: Stage
  readonly #mesh: Mesh<AdmissionInfo>
  readonly #people = new Map<string, Person>()
  readonly #ended = new AbortController()
  /** The tracks that the others are sent. */
  readonly #sent = new Set<MediaStreamTrack>()

  constructor(options: CallOptions) {
    this.#options = options
    this.#stage = createStage(options.media.stream, options.silenced)
    this.#mesh = new Mesh(options.room, {
      configuration: { bundlePolicy: 'max-bundle', iceTransportPolicy: options.relayOnly ? 'relay' : 'all' },
    })
    const { signal } = this.#ended
    const { room, media } = options
    this.#mesh.on('link', ({ peer, link }) => this.#person(peer).linked(link), { signal })
    room.on('joined', (peer) => this.#came(peer), { signal })
    room.on('left', (peer) => this.#went(peer), { signal })
    media.addEventListener('change', () => this.#mediaChanged(), { signal })
    this.#mediaChanged()
    this.#mesh.start()
  }

  hear(): void {
    this.#stage.play()
  }

  close(): void {
    this.#ended.abort()
    this.#mesh.close()
    for (const person of this.#people.values()) person.gone()
    this.#stage.clear()
  }

  #person(peer: Peer<AdmissionInfo>): Person {
    const known = this.#people.get(peer.id)
    if (known) return known
    const person = new Person(peer, this.#stage.add(), {
      about: () => ({ ...this.#about(), pass: this.#options.pass() }),
      toldPass: this.#options.toldPass,
    })
    this.#people.set(peer.id, person)
    this.#options.media.fit(this.#people.size)
    return person
  }

  #came(peer: Peer<AdmissionInfo>): void {
    announce(`${this.#person(peer).name} is here.`)
  }

  #went(peer: Peer<AdmissionInfo>): void {
    const person = this.#people.get(peer.id)
    if (!person) return
    this.#people.delete(peer.id)
    this.#options.media.fit(this.#people.size)
    person.gone()
    this.#stage.remove(person.tile)
    announce(`${person.name} has left.`)
  }

  #about(): About {
    const { media, name } = this.#options
    return { name, audio: media.state('audio') === 'on', video: media.state('video') === 'on' }
  }

  /** What took the place of something of its kind does so for the others too, without negotiating again. */
  #mediaChanged(): void {
    const { stream } = this.#options.media
    const present = new Set(stream.getTracks())
    for (const track of present.difference(this.#sent)) {
      const former = [...this.#sent.difference(present)].find(({ kind }) => kind === track.kind)
      this.#sent.add(track)
      if (former && this.#sent.delete(former)) void this.#mesh.replaceTrack(former, track)
      else this.#mesh.addTrack(track, stream)
    }
    for (const track of this.#sent.difference(present)) {
      this.#sent.delete(track)
      this.#mesh.removeTrack(track)
    }
    this.#stage.own.showAbout(this.#about())
    for (const person of this.#people.values()) person.tellAbout()
  }
}
