/** Binding: tells anybody under which address he is seen (RFC 8489 section 6.3; SPEC R5). */
import { formatTransportAddress, type TransportAddress, unmapped } from '../../lib/ip-address.ts'
import type { StunMessage } from '../codec/message.ts'
import type { TurnTransport } from '../facts.ts'
import type { AnswerTo } from './answers.ts'
import type { Turn } from './turn.ts'
import { notUnderstood } from './understood.ts'

export interface BindingRequest extends AnswerTo {
  readonly message: StunMessage
  readonly transport: TurnTransport
  readonly now: number
}

export function binding(turn: Turn, request: BindingRequest): void {
  const { client, message, transport, now } = request
  // On a stream nobody has an invented address, against which an answer could be turned.
  if (transport === 'udp' && !turn.ledger.bindings.admits(client.address.ip, now)) {
    return turn.ignore(transport, 'over the answer rate')
  }
  const unknown = notUnderstood(turn, message)
  const code = unknown.length > 0 ? 420 : message.malformed === undefined ? undefined : 400
  if (code === undefined) {
    turn.act(turn.answers.success(request, (writer) => writer.put('xorMappedAddress', seenAs(client.address))))
    turn.note({ fact: 'turn-binding-answered', transport })
    return
  }
  turn.act(
    turn.answers.error(request, code, (writer) => {
      if (code === 420) writer.put('unknownAttributes', unknown)
    }),
  )
  const address = formatTransportAddress(client.address)
  turn.note({ fact: 'turn-refused', transport, method: 'binding', code, address })
}

/** How a client is told his own address: a socket for both families reports IPv4 in IPv6 clothes. */
export const seenAs = ({ ip, port }: TransportAddress): TransportAddress => ({ ip: unmapped(ip), port })
