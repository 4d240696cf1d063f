/** The metrics of the admission front end. */

export const admissionCounters = {
  heliograph_admission_app_requests_total: {
    labels: ['status'],
    help: 'Requests for the token of an application, by HTTP status',
  },
  heliograph_admission_connects_refused_total: { labels: [], help: 'Connections without a token that is good' },
  heliograph_admission_sessions_total: { labels: [], help: 'Session tokens that were given' },
  heliograph_admission_refused_total: {
    labels: ['event', 'why'],
    help: 'Events that were refused, by the code in docs/protocols/admission.md',
  },
  heliograph_admission_rooms_opened_total: { labels: [], help: 'Rooms that were opened' },
  heliograph_admission_guests_admitted_total: { labels: [], help: 'Guests let in by an owner' },
  heliograph_admission_requests_ended_total: {
    labels: ['how'],
    help: 'Requests to be let in that ended without it, by how',
  },
  heliograph_admission_relayed_total: {
    labels: ['event'],
    help: 'Session descriptions and ICE candidates handed on',
  },
  heliograph_admission_garbled_total: { labels: [], help: 'Packets that were no event' },
  heliograph_admission_flooded_total: { labels: [], help: 'Connections closed for sending too many events' },
  heliograph_admission_overflowed_total: { labels: [], help: 'Connections closed for reading too slowly' },
} as const

export const admissionGauges = {
  heliograph_admission_sockets: { labels: [], help: 'Socket.IO connections with a token that is good' },
} as const
