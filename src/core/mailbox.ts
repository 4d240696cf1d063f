/** What waits for a session that cannot be reached just now: bounded, in order, never thinned. */

/** One encoded frame. `chat-refresh` frames say the same however many there are, so one of them is enough. */
export interface Frame {
  readonly text: string
  readonly kind: 'plain' | 'chat-refresh' | 'participants'
}

export interface MailboxLimits {
  readonly bytes: number
  readonly messages: number
}

export interface Mailbox {
  /** False when the frame would exceed the bound: nothing was kept, and the session has to end. */
  put(frame: Frame): boolean
  /** Hands out everything in order and is empty afterwards. */
  takeAll(): readonly Frame[]
  holds(kind: Frame['kind']): boolean
  readonly size: number
}

export function createMailbox(limits: MailboxLimits): Mailbox {
  let frames: Frame[] = []
  let bytes = 0

  return {
    put(frame) {
      if (frame.kind === 'chat-refresh' && frames.some((held) => held.kind === 'chat-refresh')) return true
      const size = Buffer.byteLength(frame.text)
      if (frames.length >= limits.messages || bytes + size > limits.bytes) return false
      frames.push(frame)
      bytes += size
      return true
    },
    takeAll() {
      const all = frames
      frames = []
      bytes = 0
      return all
    },
    holds: (kind) => frames.some((held) => held.kind === kind),
    get size() {
      return frames.length
    },
  }
}
