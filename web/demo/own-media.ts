/** One's own camera and microphone: asked for, switched on and off, exchanged for others. */

export type Medium = 'audio' | 'video'
/** `none`: there is no such device, or it may not be used. */
export type MediumState = 'on' | 'off' | 'none'

const wishes = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 }, facingMode: 'user' },
} as const

/** Everybody is sent a picture of his own: the more there are, the smaller it is. */
const sizes = [
  { others: 1, width: 1280, height: 720 },
  { others: 2, width: 960, height: 540 },
  { others: Number.POSITIVE_INFINITY, width: 640, height: 360 },
] as const

export class OwnMedia extends EventTarget {
  /** The same one for good; its tracks come and go. */
  readonly stream: MediaStream = new MediaStream()
  readonly #isOn: Record<Medium, boolean> = { audio: true, video: true }
  /** Why there is none; empty if there is. */
  problem = ''

  state(medium: Medium): MediumState {
    if (!this.#track(medium)) return 'none'
    return this.#isOn[medium] ? 'on' : 'off'
  }

  /** Asks for both at once, so that the person is asked once; then for each, so that one of the two is better than none. */
  async start(): Promise<void> {
    if (!navigator.mediaDevices) {
      this.problem = 'This page needs HTTPS to use a camera.'
      return this.#changed()
    }
    try {
      this.#take(await navigator.mediaDevices.getUserMedia(wishes))
      this.problem = ''
    } catch (thrown) {
      this.problem = explained(thrown)
      for (const medium of ['video', 'audio'] as const) await this.#startOne(medium)
    }
    this.#changed()
  }

  toggle(medium: Medium): void {
    const track = this.#track(medium)
    if (!track) return void this.start()
    this.#isOn[medium] = !this.#isOn[medium]
    track.enabled = this.#isOn[medium]
    this.#changed()
  }

  /** Another camera or microphone; if it cannot be had, whichever can. */
  async choose(medium: Medium, deviceId: string): Promise<void> {
    const wish = { ...wishes[medium], facingMode: undefined, deviceId: { exact: deviceId } }
    const former = this.#track(medium)
    // Phones open one camera at a time.
    if (medium === 'video') former?.stop()
    try {
      this.#take(await navigator.mediaDevices.getUserMedia({ [medium]: wish }))
      this.problem = ''
    } catch (thrown) {
      this.problem = explained(thrown)
      if (former?.readyState === 'ended') await this.#startOne(medium)
    }
    this.#changed()
  }

  /** For so many others who look at it. */
  fit(others: number): void {
    const { width, height } = sizes.find((size) => others <= size.others) ?? sizes[0]
    const { frameRate } = wishes.video
    // A camera that cannot do it stays as it is.
    this.#track('video')
      ?.applyConstraints({ width: { ideal: width }, height: { ideal: height }, frameRate })
      .catch(() => {})
  }

  async devices(
    medium: Medium,
  ): Promise<readonly { readonly id: string; readonly label: string; readonly isUsed: boolean }[]> {
    const kind = medium === 'audio' ? 'audioinput' : 'videoinput'
    const all = (await navigator.mediaDevices?.enumerateDevices()) ?? []
    const used = this.#track(medium)?.getSettings().deviceId
    return all
      .filter((device) => device.kind === kind && device.deviceId !== '')
      .map(({ deviceId, label }, index) => ({
        id: deviceId,
        label: label || `${medium === 'audio' ? 'Microphone' : 'Camera'} ${index + 1}`,
        isUsed: deviceId === used,
      }))
  }

  async #startOne(medium: Medium): Promise<void> {
    try {
      this.#take(await navigator.mediaDevices.getUserMedia({ [medium]: wishes[medium] }))
    } catch (thrown) {
      this.problem = explained(thrown)
      const dead = this.#track(medium)
      if (dead?.readyState === 'ended') this.stream.removeTrack(dead)
    }
  }

  #take(found: MediaStream): void {
    for (const track of found.getTracks()) {
      const medium = track.kind === 'audio' ? 'audio' : 'video'
      const former = this.#track(medium)
      if (former) {
        former.stop()
        this.stream.removeTrack(former)
      }
      track.enabled = this.#isOn[medium]
      if (medium === 'video') track.contentHint = 'motion'
      // Unplugged, or taken by the system.
      track.addEventListener('ended', () => {
        this.stream.removeTrack(track)
        this.#changed()
      })
      this.stream.addTrack(track)
    }
  }

  #track(medium: Medium): MediaStreamTrack | undefined {
    return (medium === 'audio' ? this.stream.getAudioTracks() : this.stream.getVideoTracks())[0]
  }

  #changed(): void {
    this.dispatchEvent(new Event('change'))
  }
}

function explained(thrown: unknown): string {
  const name = thrown instanceof DOMException ? thrown.name : ''
  if (name === 'NotAllowedError')
    return 'The browser may not use the camera or the microphone. Others can still be seen.'
  if (name === 'NotFoundError') return 'There is no camera or no microphone. Others can still be seen.'
  if (name === 'NotReadableError') return 'Another program uses the camera or the microphone.'
  return 'The camera or the microphone cannot be used.'
}
