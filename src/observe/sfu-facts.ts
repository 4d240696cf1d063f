/** What is worth noting of the SFU, and how it is told. */
import type { SfuFact } from '../sfu/facts.ts'
import type { Tellings } from './telling.ts'

export const sfuTellings = {
  'sfu-connected': { level: 'info', text: 'connected to the SFU' },
  'sfu-disconnected': { level: 'warn', text: 'the SFU cannot be reached; it is tried again' },
  'sfu-message-odd': { level: 'warn', text: 'the SFU said something that makes no sense' },
  'publisher-created': { level: 'info', text: 'somebody publishes' },
  'publisher-closed': { level: 'info', text: 'somebody publishes no more' },
  'subscriber-created': { level: 'debug', text: 'somebody receives a stream' },
  'subscriber-closed': { level: 'debug', text: 'somebody receives a stream no more' },
  'waiting-for-publisher': { level: 'debug', text: 'a subscriber waits for its publisher' },
  'sfu-message': { level: 'debug', text: 'message for the SFU' },
  'sfu-request-failed': { level: 'info', text: 'the SFU refused a request' },
} as const satisfies Tellings<SfuFact>
