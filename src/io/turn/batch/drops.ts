/** Counts what is not relayed, by why. */
import type { DropReason } from '../../../turn/relaying.ts'
import { at, type Counters } from '../counters.ts'

const counterOf = {
  'no channel': at.droppedNoChannel,
  'no permission': at.droppedNoPermission,
  'over the byte rate': at.droppedOverByteRate,
} as const satisfies Record<DropReason, number>

export function droppedFor(values: Counters['values'], reason: DropReason): void {
  const counter = counterOf[reason]
  values[counter] = (values[counter] ?? 0) + 1
}
