/** What runs in Chromium: people of a call, several in one page, each with a client, a camera and a microphone of its own. */
import {
  connectionPath,
  type Eventful,
  fullJitter,
  type HeliographError,
  type Publication,
  type PublishOptions,
  type Selection,
  SfuCall,
  type StreamStateChange,
  type Subscription,
  TalkClient,
  type TalkRoom,
  type TalkSettings,
} from '../../../../sdk/src/index.ts'

export interface PersonOptions {
  readonly name: string
  readonly settings: TalkSettings
  readonly room: string
  readonly send: { readonly audio?: boolean; readonly video?: boolean }
  readonly streamType?: 'video' | 'audio'
  readonly publish?: PublishOptions
  readonly width?: number
  readonly relayOnly?: boolean
  readonly iceServers?: readonly RTCIceServer[]
}

/** Those of both kinds of streams. */
interface StreamEvents {
  state: StreamStateChange
  error: HeliographError
}

/** Small and slow: many of them share two cores. */
const usualWidth = 160
const frameRate = 10

export class Person {
  readonly client: TalkClient
  readonly #name: string
  readonly #options: PersonOptions
  /** What happened, in few words. */
  readonly story: string[] = []
  /** The connections over which somebody has been seen. */
  readonly #seen = new Map<string, RTCPeerConnection | undefined>()
  #room: TalkRoom | undefined
  #call: SfuCall | undefined
  #stream: MediaStream | undefined

  constructor(options: PersonOptions) {
    this.#name = options.name
    this.#options = options
    const reconnect = fullJitter({ base: 100, cap: 500, shouldReconnect: () => true })
    const configuration: RTCConfiguration = options.relayOnly ? { iceTransportPolicy: 'relay' } : {}
    const { iceServers } = options
    this.client = new TalkClient({
      settings: options.settings,
      reconnect,
      rtc: { configuration, ...(iceServers ? { iceServers } : {}) },
    })
  }

  get room(): TalkRoom {
    if (!this.#room) throw new Error(`${this.#name} is in no room`)
    return this.#room
  }

  get call(): SfuCall {
    if (!this.#call) throw new Error(`${this.#name} is in no call`)
    return this.#call
  }

  /** Into the room, ready for the call. */
  async enter(): Promise<void> {
    const { send, streamType, publish, width = usualWidth } = this.#options
    if (send.audio || send.video) {
      const size = { width, height: width * 0.75, frameRate }
      const wished = { audio: send.audio ?? false, video: send.video ? size : false }
      this.#stream = await navigator.mediaDevices.getUserMedia(wished)
    }
    this.client.connect()
    this.client.on('error', (error) => this.story.push(`error ${error.code}: ${error.message}`))
    this.#room = await this.client.join(this.#options.room, { session: `rsid-${this.#name}` })
    this.#call = new SfuCall(this.#room, { ...(streamType ? { streamType } : {}), ...(publish ? { publish } : {}) })
    this.#call.on('refused', ({ publication, error }) => this.story.push(`refused ${publication.type} ${error.code}`))
    this.#call.on('published', (one) => this.#tell(`own ${one.type}`, one))
    this.#call.on('subscribed', (one) => this.#tell(`${this.#nameOf(one.session)} ${one.type}`, one))
    if (this.#stream) this.#call.addStream(this.#stream)
    this.#call.start()
  }

  async leave(): Promise<void> {
    await this.room.leave()
    this.client.disconnect()
    for (const track of this.#stream?.getTracks() ?? []) track.stop()
  }

  /** What another sends, as soon as it is being asked for. */
  async from(name: string, type?: 'screen'): Promise<Subscription> {
    const isTheirs = this.#isFrom(name, type)
    return this.call.subscriptions.find(isTheirs) ?? (await this.call.once('subscribed', { where: isTheirs }))
  }

  /** Resolves when so many more pictures of somebody have been seen, over as many connections as that takes. */
  async sees(name: string, pictures: number, type?: 'screen'): Promise<{ readonly width: number }> {
    let left = pictures
    let width = 0
    while (left > 0) {
      const subscription = await this.from(name, type)
      await watch(subscription, (video) => {
        width = video.videoWidth
        left -= 1
        return left > 0
      })
      this.#seen.set(name, subscription.connection)
    }
    return { width }
  }

  /** The same, with another connection than that over which the person was seen last. */
  async seesAnew(name: string, pictures: number): Promise<void> {
    const former = this.#seen.get(name)
    for (;;) {
      const subscription = await this.from(name)
      if (subscription.state === 'connected' && subscription.connection !== former) break
      // Closed, and another follows.
      await subscription.once('state', { where: ({ to }) => to === 'connected' }).catch(() => {})
    }
    await this.sees(name, pictures)
  }

  /** Resolves when pictures of somebody come in that width. */
  async seesWidth(name: string, width: number): Promise<void> {
    while ((await this.sees(name, 1)).width !== width);
  }

  /** Resolves when no picture of somebody has come for so long (ms). */
  async seesNothing(name: string, silence: number): Promise<void> {
    const subscription = await this.from(name)
    const video = subscription.tracks.find(({ kind }) => kind === 'video')
    if (!video) return
    await new Promise<void>((resolve) => {
      let timer = setTimeout(resolve, silence)
      const stop = watchPictures(video, () => {
        clearTimeout(timer)
        timer = setTimeout(() => {
          stop()
          resolve()
        }, silence)
      })
    })
  }

  /** Resolves when something louder than silence came from somebody. */
  async hears(name: string): Promise<number> {
    const subscription = await this.from(name)
    // What nobody plays is not decoded.
    const play = (track: MediaStreamTrack) => {
      if (track.kind !== 'audio') return
      const audio = document.createElement('audio')
      audio.srcObject = new MediaStream([track])
      playing.add(audio)
      audio.play().catch(() => {})
    }
    subscription.on('track', ({ track }) => play(track))
    for (const track of subscription.tracks) play(track)
    for (;;) {
      const stats = await subscription.connection?.getStats()
      for (const one of stats?.values() ?? []) {
        if (one.type === 'inbound-rtp' && one.kind === 'audio' && one.audioLevel > 0) return one.audioLevel
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  /** Resolves when nothing is got from somebody any more. */
  async loses(name: string, type?: 'screen'): Promise<void> {
    const present = this.call.subscriptions.find(this.#isFrom(name, type))
    if (present) await this.call.once('unsubscribed', { where: (one) => one === present })
  }

  /** A picture that changes, as a screen would. */
  share(): void {
    const canvas = Object.assign(document.createElement('canvas'), { width: 200, height: 150 })
    const pen = canvas.getContext('2d')
    let turn = 0
    const paint = setInterval(() => {
      turn += 1
      if (pen) pen.fillStyle = `rgb(${turn % 256} ${(turn * 7) % 256} 80)`
      pen?.fillRect(0, 0, 200, 150)
    }, 100)
    const stream = canvas.captureStream(10)
    for (const track of stream.getTracks()) track.addEventListener('ended', () => clearInterval(paint))
    this.call.share(stream)
  }

  /** All that carry media now. */
  connections(): readonly (RTCPeerConnection | undefined)[] {
    const { publications, subscriptions } = this.call
    return [...publications.values(), ...subscriptions].map(({ connection }) => connection)
  }

  unshare(): void {
    this.call.unshare()
  }

  /** Resolves with the code when the server does not let us send, any more or at all. */
  async isRefused(): Promise<string> {
    const past = /^refused \w+ (\w+)$/.exec(this.story.find((line) => line.startsWith('refused')) ?? '')
    return past?.[1] ?? (await this.call.once('refused')).error.code
  }

  publication(of: 'camera' | 'screen' = 'camera'): Publication {
    const found = this.call.publications.get(of)
    if (!found) throw new Error(`${this.#name} sends no ${of}`)
    return found
  }

  async isPublished(of: 'camera' | 'screen' = 'camera'): Promise<void> {
    const found = this.call.publications.get(of) ?? (await this.call.once('published'))
    if (found.state !== 'connected') await found.once('state', { where: ({ to }) => to === 'connected' })
  }

  async pathFrom(name: string): Promise<Path | undefined> {
    return pathOf((await this.from(name)).connection)
  }

  ownPath(): Promise<Path | undefined> {
    return pathOf(this.publication().connection)
  }

  async status(from: string): Promise<unknown> {
    return (await (await this.from(from)).once('status')) as unknown
  }

  /** Says it again and again until the other has heard something: a channel is there some time after the pictures. */
  async tellUntil(other: Person, data: unknown): Promise<void> {
    let isHeard = false
    const heard = other.status(this.#name).then(() => {
      isHeard = true
    })
    while (!isHeard) {
      this.call.tell(data)
      await Promise.race([heard, new Promise((resolve) => setTimeout(resolve, 50))])
    }
  }

  /** For whoever wonders why something has not come: what happened, and what the connections carry. */
  async report(): Promise<string> {
    const { subscriptions, publications } = this.call
    const lines = [...publications.values(), ...subscriptions].map(async ({ type, connection }) => {
      const all = [...((await connection?.getStats())?.values() ?? [])].filter(({ kind }) => kind === 'video')
      const inbound = all.filter((one) => one.type === 'inbound-rtp')
      const outbound = all.filter((one) => one.type === 'outbound-rtp')
      const got = inbound.map(
        (one) => `${one.frameWidth} wide, ${one.framesReceived} got, ${one.framesDecoded} decoded`,
      )
      const sent = outbound.map((one) => `${one.rid ?? ''} ${one.frameWidth} wide, ${one.framesSent} sent`)
      return `${type} ${[...got, ...sent].join('; ')}`
    })
    return `${this.#name}: ${[...this.story, ...(await Promise.all(lines))].join(', ')}`
  }

  async select(name: string, selection: Selection): Promise<void> {
    ;(await this.from(name)).select(selection)
  }

  #isFrom(name: string, type?: 'screen'): (one: Subscription) => boolean {
    return (one) => this.#nameOf(one.session) === name && (one.type === 'screen') === (type === 'screen')
  }

  #nameOf(session: string): string {
    return this.#room?.members.get(session)?.user?.id ?? session
  }

  #tell(what: string, one: Eventful<StreamEvents>): void {
    this.story.push(`${what} begun`)
    one.on('state', ({ to }) => this.story.push(`${what} ${to}`))
    one.on('error', (error) => this.story.push(`${what} error ${error.code}: ${error.message}`))
  }
}

interface Path {
  readonly local: string
  readonly remote: string
}

async function pathOf(connection: RTCPeerConnection | undefined): Promise<Path | undefined> {
  const path = connection && (await connectionPath(connection))
  return path && { local: path.local, remote: path.remote }
}

/** What plays stands here, or it would be collected while somebody waits for it. */
const playing = new Set<HTMLMediaElement>()

/** Resolves when `seen` wants no more of its pictures, or when it is closed. */
function watch(subscription: Subscription, seen: (video: HTMLVideoElement) => boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let stop = (): void => {}
  const show = (track: MediaStreamTrack) => {
    if (track.kind !== 'video') return
    stop()
    stop = watchPictures(track, (video) => {
      if (!seen(video)) resolve()
    })
  }
  const offs = [
    subscription.on('track', ({ track }) => show(track)),
    subscription.on('state', ({ to }) => {
      if (to === 'closed') resolve()
    }),
  ]
  for (const track of subscription.tracks) show(track)
  return promise.finally(() => {
    for (const off of [...offs, stop]) off()
  })
}

/** Calls at each picture; answers a function that ends it. */
function watchPictures(track: MediaStreamTrack, seen: (video: HTMLVideoElement) => void): () => void {
  const video = document.createElement('video')
  video.muted = true
  video.srcObject = new MediaStream([track])
  playing.add(video)
  let isOver = false
  const look = () => {
    if (isOver) return
    seen(video)
    video.requestVideoFrameCallback(look)
  }
  video.requestVideoFrameCallback(look)
  video.play().catch(() => {})
  return () => {
    isOver = true
    playing.delete(video)
    video.srcObject = null
  }
}

declare global {
  var people: Map<string, Person>
  var enter: (options: PersonOptions) => Promise<void>
}

globalThis.people = new Map()
globalThis.enter = async (options) => {
  const person = new Person(options)
  people.set(options.name, person)
  await person.enter()
}
