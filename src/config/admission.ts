/** `[admission]` as the rest of the program sees it, and what about it cannot work. */

import type { AdmissionConfig } from './config.ts'
import { readSection } from './read-section.ts'
import { schema } from './schema.ts'
import { type Sources, sectionIsGiven } from './sources.ts'

/** Off without the section. */
export function readAdmission(sources: Sources): AdmissionConfig {
  if (!sectionIsGiven(sources, 'admission')) return { kind: 'off' }
  const read = readSection(sources, schema.admission)
  const { values } = read
  const tell = (severity: 'error' | 'warning', key: 'appsecret' | 'apppassword', message: string): void => {
    sources.faults.push({ severity, ...read.place(key), section: 'admission', key, message })
  }
  if (!read.isGiven('appsecret')) tell('error', 'appsecret', 'is missing, so no token could be signed')
  if (!read.isGiven('apppassword')) {
    tell('warning', 'apppassword', 'is missing, so POST /app gives nobody a token; those that are there stay good')
  }
  return {
    kind: 'on',
    path: values.path.replace(/\/+$/, '') || '/',
    appSecret: values.appsecret ?? '',
    appPassword: values.apppassword,
    tokenLifetime: values.tokenlifetime * 1000,
    requestTimeout: values.requesttimeout,
    maxPayload: values.maxpayload,
    maxRooms: values.maxrooms,
    maxMembers: values.maxmembers,
    eventRate: values.eventrate,
    origins: values.origins,
    revision: values.revision === '2' ? 2 : 1,
  }
}
