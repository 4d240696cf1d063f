/** How much another server may say: bursts of a busy call pass, a flood does not. */

export interface Budget {
  /** False if this message is too much. */
  spend(length: number, now: number): boolean
}

/** Messages and characters at once, and how many more with every second. */
const messages = { atOnce: 10_000, perSecond: 1_000 }
const characters = { atOnce: 16_777_216, perSecond: 2_097_152 }

export function createBudget(now: number): Budget {
  let since = now
  let messagesLeft = messages.atOnce
  let charactersLeft = characters.atOnce

  return {
    spend(length, at) {
      const seconds = Math.max(0, at - since) / 1000
      since = at
      messagesLeft = Math.min(messages.atOnce, messagesLeft + seconds * messages.perSecond) - 1
      charactersLeft = Math.min(characters.atOnce, charactersLeft + seconds * characters.perSecond) - length
      return messagesLeft >= 0 && charactersLeft >= 0
    },
  }
}
