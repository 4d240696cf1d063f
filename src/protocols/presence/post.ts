/**
 * What waits for each connection, and when it goes: one frame at a time with a rest in between, nothing left out.
 * News for everybody are kept once, and each connection remembers how far it has read; so a login costs one frame, and
 * whoever is far behind gets the list of users in place of more news than there are users.
 */
import type { ConnectionId } from '../../core/ids.ts'
import type { Frame } from '../../core/mailbox.ts'

/** A frame for one connection, or the list of users as it is when it goes. */
export interface Letter<S> {
  readonly frame: Frame | 'list'
  /** Of a message: who wants to know if it cannot be delivered. */
  readonly sender?: S
}

export interface Outbox<S> {
  readonly id: ConnectionId
  /** In order; each goes after the news that were there before it. */
  readonly letters: { readonly letter: Letter<S>; readonly after: number }[]
  /** How many news it has had, since the start. */
  seen: number
  /** While it rests, what comes has to wait. While not, nothing waits. */
  isResting: boolean
  /** A letter went ahead of news. */
  owesNews: boolean
  isOpen: boolean
}

export interface Sending {
  readonly to: readonly ConnectionId[]
  readonly frame: Frame
}

export interface PostOptions {
  /** ms from one frame to the next. */
  readonly interval: number
  readonly list: () => Frame
  readonly users: () => number
}

export interface Post<S> {
  /** Of what was told before it gets nothing. */
  open(id: ConnectionId): Outbox<S>
  /** What waits is what is in `letters`. */
  close(outbox: Outbox<S>): void
  put(outbox: Outbox<S>, letter: Letter<S>, now: number): readonly Sending[]
  /** For everybody who has an outbox. */
  announce(news: Frame, now: number): readonly Sending[]
  /** Those whose rest is over; each has to be given the next turn. */
  rested(now: number): readonly Outbox<S>[]
  /** The next frame of an outbox whose rest is over, if one waits for it. */
  next(outbox: Outbox<S>, now: number): Frame | undefined
  nextDeadline(): number | undefined
}

/** Behind more news than that, letters and news take turns: a call must not wait for a storm of logins. */
const patience = 16
const leastNews = 1_000

export function createPost<S>({ interval, list, users }: PostOptions): Post<S> {
  const outboxes = new Set<Outbox<S>>()
  /** The last ones; the first of them has the number `forgotten`. */
  const news: Frame[] = []
  let forgotten = 0
  /** In the order of their ends, because every rest is as long as the others. */
  const rests: { readonly end: number; readonly outboxes: Outbox<S>[] }[] = []

  const told = (): number => forgotten + news.length

  function rest(outbox: Outbox<S>, now: number): void {
    if (interval === 0) return
    outbox.isResting = true
    const end = now + interval
    const last = rests.at(-1)
    if (last?.end === end) last.outboxes.push(outbox)
    else rests.push({ end, outboxes: [outbox] })
  }

  function take(outbox: Outbox<S>): Frame | undefined {
    const first = outbox.letters[0]
    const unread = (first?.after ?? told()) - outbox.seen
    if (unread > 0 && (!first || unread <= patience || outbox.owesNews)) {
      outbox.owesNews = false
      return takeNews(outbox)
    }
    if (!first) return undefined
    outbox.letters.shift()
    outbox.owesNews = unread > 0
    return first.letter.frame === 'list' ? takeList(outbox) : first.letter.frame
  }

  function takeNews(outbox: Outbox<S>): Frame {
    const frame = news[outbox.seen - forgotten]
    if (!frame) return takeList(outbox)
    outbox.seen++
    return frame
  }

  /** Whoever has the list has had all news. */
  function takeList(outbox: Outbox<S>): Frame {
    outbox.seen = told()
    return list()
  }

  function next(outbox: Outbox<S>, now: number): Frame | undefined {
    if (!outbox.isOpen) return undefined
    outbox.isResting = false
    const frame = take(outbox)
    if (frame) rest(outbox, now)
    return frame
  }

  return {
    open(id) {
      const outbox: Outbox<S> = {
        id,
        letters: [],
        seen: told(),
        isResting: false,
        owesNews: false,
        isOpen: true,
      }
      outboxes.add(outbox)
      return outbox
    },
    close(outbox) {
      outbox.isOpen = false
      outboxes.delete(outbox)
    },
    put(outbox, letter, now) {
      outbox.letters.push({ letter, after: told() })
      if (outbox.isResting) return []
      const frame = next(outbox, now)
      return frame ? [{ to: [outbox.id], frame }] : []
    },
    announce(frame, now) {
      news.push(frame)
      const ready: Outbox<S>[] = []
      for (const outbox of outboxes) if (!outbox.isResting) ready.push(outbox)
      for (const outbox of ready) {
        outbox.seen = told()
        rest(outbox, now)
      }
      const spare = news.length - Math.max(leastNews, users())
      if (spare > 0) {
        news.splice(0, spare)
        forgotten += spare
      }
      return ready.length === 0 ? [] : [{ to: ready.map(({ id }) => id), frame }]
    },
    rested(now) {
      const ready: Outbox<S>[] = []
      for (let first = rests[0]; first && first.end <= now; first = rests[0]) {
        rests.shift()
        for (const outbox of first.outboxes) if (outbox.isOpen) ready.push(outbox)
      }
      return ready
    },
    next,
    nextDeadline: () => rests[0]?.end,
  }
}
