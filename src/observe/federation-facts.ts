/** What is worth noting of rooms of other servers, and how it is told. */
import type { TalkFact } from '../protocols/talk/facts.ts'
import type { Tellings } from './telling.ts'

type FederationFact = Extract<TalkFact, { readonly fact: `federation-${string}` }>

export const federationTellings = {
  'federation-joined': {
    level: 'info',
    text: 'a room of another server joined',
    counts: ['signaling_federation_joins_total'],
  },
  'federation-left': { level: 'info', text: 'a room of another server left' },
  'federation-failed': {
    level: 'info',
    text: 'there is no way to a room of another server',
    counts: ['signaling_federation_failures_total'],
  },
  'federation-interrupted': {
    level: 'info',
    text: 'the link to another server broke; it is tried again',
    counts: ['signaling_federation_interruptions_total'],
  },
  'federation-resumed': {
    level: 'info',
    text: 'the link to another server is back',
    counts: ['signaling_federation_resumptions_total'],
  },
  'federation-message-refused': {
    level: 'debug',
    text: 'another server said something that is not passed on',
    counts: ['signaling_federation_messages_refused_total'],
  },
} as const satisfies Tellings<FederationFact>
