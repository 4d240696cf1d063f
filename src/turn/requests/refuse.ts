/** Says no to a request whose sender is known, or was to be found out, and notes it. */
import { formatTransportAddress } from '../../lib/ip-address.ts'
import type { TurnMethod } from '../facts.ts'
import type { AnswerTo } from './answers.ts'
import type { Refusal, Turn } from './turn.ts'

export function answerRefused(turn: Turn, to: AnswerTo, method: TurnMethod, { code, unknown }: Refusal): void {
  turn.act(
    turn.answers.error(to, code, (writer) => {
      if (unknown) writer.put('unknownAttributes', unknown)
    }),
  )
  const { client } = to
  const transport = turn.transports[client.listener] ?? 'udp'
  turn.note({ fact: 'turn-refused', transport, method, code, address: formatTransportAddress(client.address) })
}
