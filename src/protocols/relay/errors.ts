/** The refusals of the relay protocol; an event each, without further words. */

export const errorCodes = {
  unauthorized: {
    message: '{"event":"unauthorized"}',
    when: 'before the right password: anything else than `ping` and `authenticate`, a wrong password, or nobody who could say the right one. The connection stays open',
  },
  invalid_message: {
    message: '{"event":"invalid_message"}',
    when: 'revision 2: not a JSON object, no `to`, nobody of that id in the room, or a second `authenticate`',
  },
} as const satisfies Record<string, { readonly message: string; readonly when: string }>

/** How a connection ends that the server ends. */
export const closes = {
  /** As the original has it, for two cases: not authenticated in time, and not heard of for too long. */
  late: { code: 1000, reason: '' },
  flooding: { code: 1008, reason: 'too much sent before the answer to authenticate' },
  guessing: { code: 1008, reason: 'too many wrong passwords' },
  slow: { code: 1013, reason: 'reads too slowly' },
} as const satisfies Record<string, { readonly code: number; readonly reason: string }>
