/** How what is worth noting of the admission front end is told. */
import type { AdmissionFact } from '../protocols/admission/facts.ts'
import type { Tellings } from './telling.ts'

export const admissionTellings = {
  'admission-app-asked': {
    level: 'info',
    text: 'a token for an application was asked for',
    counts: ['heliograph_admission_app_requests_total'],
    hides: ['address'],
  },
  'admission-connect-refused': {
    level: 'info',
    text: 'a connection without a token that is good',
    counts: ['heliograph_admission_connects_refused_total'],
    hides: ['address'],
  },
  'admission-authorized': {
    level: 'info',
    text: 'a socket got its session token',
    counts: ['heliograph_admission_sessions_total'],
  },
  'admission-refused': {
    level: 'debug',
    text: 'an event was refused',
    counts: ['heliograph_admission_refused_total'],
  },
  'admission-room-opened': { level: 'info', text: 'room opened', counts: ['heliograph_admission_rooms_opened_total'] },
  'admission-room-closed': { level: 'info', text: 'room closed' },
  'admission-guest-admitted': {
    level: 'info',
    text: 'an owner let somebody in',
    counts: ['heliograph_admission_guests_admitted_total'],
  },
  'admission-request-ended': {
    level: 'info',
    text: 'a request to be let in ended without it',
    counts: ['heliograph_admission_requests_ended_total'],
  },
  'admission-owner-changed': { level: 'info', text: 'a room has another owner' },
  'admission-relayed': {
    level: 'trace',
    text: 'handed from one member of a room to another',
    counts: ['heliograph_admission_relayed_total'],
  },
  'admission-garbled': {
    level: 'debug',
    text: 'a packet is no event',
    counts: ['heliograph_admission_garbled_total'],
  },
  'admission-flooded': {
    level: 'info',
    text: 'connection closed: it sent too many events',
    counts: ['heliograph_admission_flooded_total'],
    hides: ['address'],
  },
  'admission-overflowed': {
    level: 'info',
    text: 'connection closed: it reads too slowly',
    counts: ['heliograph_admission_overflowed_total'],
    hides: ['address'],
  },
} as const satisfies Tellings<AdmissionFact>
