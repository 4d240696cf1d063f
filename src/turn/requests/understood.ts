/** Which attributes of a message we must understand and do not, for 420: those without name, and those that are not offered. */
import { type AttributeName, attributes } from '../codec/attributes.ts'
import type { StunMessage } from '../codec/message.ts'
import type { Turn } from './turn.ts'

export function notUnderstood({ rules, capabilities }: Turn, message: StunMessage): readonly number[] {
  const unknown: number[] = []
  const look = (name: AttributeName, isOffered: boolean): void => {
    if (!isOffered && message.span(name)) unknown.push(attributes[name].type)
  }
  look('userhash', false)
  look('passwordAlgorithm', rules.settings.sha256)
  look('connectionId', rules.settings.tcpRelay)
  // Allocate has a place of its own for this one, behind REQUESTED-TRANSPORT.
  look('dontFragment', capabilities.dontFragment || message.method === 'allocate')
  return unknown.length === 0 ? message.unknown : [...message.unknown, ...unknown]
}
